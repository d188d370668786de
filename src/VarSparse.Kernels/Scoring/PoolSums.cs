namespace VarSparse.Kernels.Scoring;

/// <summary>The sums of the larger blocks that the smallest ones so far belong to.</summary>
internal struct PoolSums
{
    public const int Levels = 4;

    private BlockSum _second;
    private BlockSum _third;
    private BlockSum _fourth;

    /// <summary>Stores the mean of one of the smallest blocks and of those larger ones that it completes.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="column">The thread's column.</param>
    /// <param name="sums">Those so far.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="place">Where the largest block begins.</param>
    /// <param name="sum">The block's own; of one beyond the grid nothing.</param>
    public static PoolSums Add<TElement>(PoolBlocksParameters p, PoolColumn column, PoolSums sums, int block, PoolPlace place, BlockSum sum)
        where TElement : unmanaged, IDeviceElement
    {
        Store<TElement>(p, column, p.Level0, 0, block, place, sum);
        sums._second = BlockSum.Add(sums._second, sum);
        if (p.Levels == 1 || (block & 3) != 3)
            return sums;
        Store<TElement>(p, column, p.Level1, 1, block, place, sums._second);
        sums._third = BlockSum.Add(sums._third, sums._second);
        sums._second = default;
        if (p.Levels == 2 || (block & 15) != 15)
            return sums;
        Store<TElement>(p, column, p.Level2, 2, block, place, sums._third);
        sums._fourth = BlockSum.Add(sums._fourth, sums._third);
        sums._third = default;
        if (p.Levels == Levels && block == 63)
            Store<TElement>(p, column, p.Level3, 3, block, place, sums._fourth);
        return sums;
    }

    private static void Store<TElement>(
        PoolBlocksParameters p, PoolColumn column, PoolLevel level, int doublings, int lastBlock, PoolPlace place, BlockSum sum)
        where TElement : unmanaged, IDeviceElement => PoolColumn.Store<TElement>(
            p,
            column,
            level,
            (place.Row + PoolPlace.RowOf(lastBlock)) >> doublings,
            (place.Column + PoolPlace.ColumnOf(lastBlock)) >> doublings,
            p.Side << doublings,
            sum);
}
