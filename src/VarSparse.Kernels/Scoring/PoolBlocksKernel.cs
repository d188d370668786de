using ILGPU;

namespace VarSparse.Kernels.Scoring;

/// <summary>What <see cref="PoolBlocksKernel"/> is given. Pointers are device addresses; strides count elements.</summary>
internal struct PoolBlocksParameters
{
    /// <summary>[B, H, tokens, D], from the scale's first token on.</summary>
    public ulong Keys;

    public ulong Values;

    /// <summary>int32 [cells of the grid]: which token stands there, or -1 for none; 0 if they all do, row by row.</summary>
    public ulong Places;

    /// <summary>[B, H, blocks of all levels, D].</summary>
    public ulong MeanKeys;

    public ulong MeanValues;

    /// <summary>float32 [blocks of all levels], or 0.</summary>
    public ulong LogCounts;

    public long KeyBatchStride;
    public long KeyHeadStride;
    public long KeyTokenStride;
    public long ValueBatchStride;
    public long ValueHeadStride;
    public long ValueTokenStride;
    public long MeanKeyBatchStride;
    public long MeanKeyHeadStride;
    public long MeanKeyTokenStride;
    public long MeanValueBatchStride;
    public long MeanValueHeadStride;
    public long MeanValueTokenStride;
    public int GridHeight;
    public int GridWidth;

    /// <summary>Rows and columns of the smallest blocks.</summary>
    public int Side;

    /// <summary>1 to <see cref="PoolBlocksKernel.MostLevels"/>: each has blocks of twice the side of the one before.</summary>
    public int Levels;
    public PoolLevel Level0;
    public PoolLevel Level1;
    public PoolLevel Level2;
    public PoolLevel Level3;
    public int LargestColumns;
    public int HeadDimension;
}

/// <summary>
/// Means of keys and of values over the square blocks of a grid, and the logarithm of how many tokens each block has, on levels of blocks
/// that grow: every token is read once for all of them. A group a block of the largest side, head and batch entry; a thread a column of keys
/// or of values, which adds up the smallest blocks one after the other. Blocks at the right and bottom edges may be smaller.
/// </summary>
internal static class PoolBlocksKernel
{
    public const int Threads = 256;

    public const int MostLevels = PoolSums.Levels;

    /// <summary>The side of the blocks that are read four at a time, all of whose tokens are asked for at once.</summary>
    private const int SideInFours = TokenSquare.Side / 2;

    public static void Run<TElement>(PoolBlocksParameters p)
        where TElement : unmanaged, IDeviceElement
    {
        int row = Grid.IdxX / p.LargestColumns;
        var place = new PoolPlace { Row = row << (p.Levels - 1), Column = (Grid.IdxX - row * p.LargestColumns) << (p.Levels - 1) };
        bool inFours = p.Side == SideInFours && p.Levels > 1 && p.Places == 0;
        int blocks = 1 << (2 * p.Levels - 2);
        for (int thread = Group.IdxX; thread < 2 * p.HeadDimension; thread += Threads)
        {
            PoolColumn column = PoolColumn.Of<TElement>(p, thread);
            PoolSums sums = default;
            for (int block = 0; block < blocks; block++)
            {
                int blockTop = (place.Row + PoolPlace.RowOf(block)) * p.Side, blockLeft = (place.Column + PoolPlace.ColumnOf(block)) * p.Side;

                // Of four that are one larger block the first is nearest to the grid's beginning, so here the number is always a first one's.
                if (inFours && blockTop + TokenSquare.Side <= p.GridHeight && blockLeft + TokenSquare.Side <= p.GridWidth)
                {
                    TokenSquare square = PoolColumn.Square<TElement>(p, column, blockTop, blockLeft);
                    sums = PoolSums.Add<TElement>(p, column, sums, block, place, BlockSum.OfFour(square.TopLeft));
                    sums = PoolSums.Add<TElement>(p, column, sums, block + 1, place, BlockSum.OfFour(square.TopRight));
                    sums = PoolSums.Add<TElement>(p, column, sums, block + 2, place, BlockSum.OfFour(square.BottomLeft));
                    sums = PoolSums.Add<TElement>(p, column, sums, block + 3, place, BlockSum.OfFour(square.BottomRight));
                    block += 3;
                    continue;
                }

                BlockSum sum = blockTop < p.GridHeight && blockLeft < p.GridWidth ? PoolColumn.Sum<TElement>(p, column, blockTop, blockLeft) : default;
                sums = PoolSums.Add<TElement>(p, column, sums, block, place, sum);
            }
        }
    }
}
