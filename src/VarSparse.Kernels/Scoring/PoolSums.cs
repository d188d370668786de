namespace VarSparse.Kernels.Scoring;

/// <summary>
/// The sums of the larger blocks that the smallest ones so far belong to. The smallest come in an order in which four that are one of twice the
/// side follow each other, and so on upwards: the bits of their number are those of row and column in turn.
/// </summary>
internal struct PoolSums
{
    public const int Levels = 4;

    private BlockSum _second;
    private BlockSum _third;
    private BlockSum _fourth;

    /// <summary>The row of a block among the smallest ones of the largest.</summary>
    public static int Row(int block) => (block >> 1 & 1) | (block >> 2 & 2) | (block >> 3 & 4);

    /// <summary>Its column.</summary>
    public static int Column(int block) => (block & 1) | (block >> 1 & 2) | (block >> 2 & 4);

    /// <summary>Stores the mean of one of the smallest blocks and of those larger ones that it completes.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="column">The thread's column.</param>
    /// <param name="sums">Those so far.</param>
    /// <param name="block">The block's number.</param>
    /// <param name="top">First row of the largest block.</param>
    /// <param name="left">First column of the largest block.</param>
    /// <param name="sum">The block's own; of one beyond the grid nothing.</param>
    public static PoolSums Add<TElement>(PoolBlocksParameters p, PoolColumn column, PoolSums sums, int block, int top, int left, BlockSum sum)
        where TElement : unmanaged, IDeviceElement
    {
        Store<TElement>(p, column, 0, block, top, left, sum);
        sums._second = BlockSum.Add(sums._second, sum);
        if (p.Levels == 1 || (block & 3) != 3)
            return sums;
        Store<TElement>(p, column, 1, block - 3, top, left, sums._second);
        sums._third = BlockSum.Add(sums._third, sums._second);
        sums._second = default;
        if (p.Levels == 2 || (block & 15) != 15)
            return sums;
        Store<TElement>(p, column, 2, block - 15, top, left, sums._third);
        sums._fourth = BlockSum.Add(sums._fourth, sums._third);
        sums._third = default;
        if (p.Levels == Levels && block == 63)
            Store<TElement>(p, column, 3, 0, top, left, sums._fourth);
        return sums;
    }

    private static void Store<TElement>(PoolBlocksParameters p, PoolColumn column, int level, int firstBlock, int top, int left, BlockSum sum)
        where TElement : unmanaged, IDeviceElement =>
        PoolColumn.Store<TElement>(p, column, level, top + Row(firstBlock) * p.Side, left + Column(firstBlock) * p.Side, sum);
}
