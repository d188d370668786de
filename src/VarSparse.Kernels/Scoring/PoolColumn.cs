using ILGPU;
using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Scoring;

/// <summary>A column of the keys, or of the values, of a head: where it is read and where its means go.</summary>
internal struct PoolColumn
{
    private ulong _source;
    private ulong _means;
    private long _tokenBytes;
    private long _meanBytes;
    private bool _writesCounts;

    /// <param name="p">The problem.</param>
    /// <param name="index">0-based, columns of values behind those of keys.</param>
    public static PoolColumn Of<TElement>(PoolBlocksParameters p, int index)
        where TElement : unmanaged, IDeviceElement
    {
        long batch = Grid.IdxZ, head = Grid.IdxY;
        return index < p.HeadDimension
            ? new PoolColumn
            {
                _source = p.Keys + (ulong)((batch * p.KeyBatchStride + head * p.KeyHeadStride + index) * TElement.Bytes),
                _means = p.MeanKeys + (ulong)((batch * p.MeanKeyBatchStride + head * p.MeanKeyHeadStride + index) * TElement.Bytes),
                _tokenBytes = p.KeyTokenStride * TElement.Bytes,
                _meanBytes = p.MeanKeyTokenStride * TElement.Bytes,
                _writesCounts = p.LogCounts != 0 && batch + head + index == 0,
            }
            : new PoolColumn
            {
                _source = p.Values + (ulong)((batch * p.ValueBatchStride + head * p.ValueHeadStride + index - p.HeadDimension) * TElement.Bytes),
                _means = p.MeanValues + (ulong)((batch * p.MeanValueBatchStride + head * p.MeanValueHeadStride + index - p.HeadDimension) * TElement.Bytes),
                _tokenBytes = p.ValueTokenStride * TElement.Bytes,
                _meanBytes = p.MeanValueTokenStride * TElement.Bytes,
            };
    }

    /// <summary>A square that lies within the grid, which has all tokens: read without a branch, so that all of it is under way at once.</summary>
    public static TokenSquare Square<TElement>(PoolBlocksParameters p, PoolColumn column, int top, int left)
        where TElement : unmanaged, IDeviceElement
    {
        ulong token = (ulong)column._tokenBytes, row = (ulong)p.GridWidth * token;
        ulong first = column._source + (ulong)((top * p.GridWidth + left) * column._tokenBytes);
        return new TokenSquare
        {
            TopLeft = Quarter<TElement>(first, token, row),
            TopRight = Quarter<TElement>(first + 2 * token, token, row),
            BottomLeft = Quarter<TElement>(first + 2 * row, token, row),
            BottomRight = Quarter<TElement>(first + 2 * row + 2 * token, token, row),
        };
    }

    /// <summary>The tokens of a block of the smallest side.</summary>
    public static BlockSum Sum<TElement>(PoolBlocksParameters p, PoolColumn column, int top, int left)
        where TElement : unmanaged, IDeviceElement
    {
        int bottom = Math.Min(top + p.Side, p.GridHeight), right = Math.Min(left + p.Side, p.GridWidth);
        BlockSum sum = default;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
                sum = BlockSum.Add(sum, Token<TElement>(p, column, y * p.GridWidth + x));
        }

        return sum;
    }

    /// <summary>Stores the mean of a block, if the grid has it.</summary>
    public static void Store<TElement>(PoolBlocksParameters p, PoolColumn column, PoolLevel level, int blockRow, int blockColumn, int side, BlockSum sum)
        where TElement : unmanaged, IDeviceElement
    {
        if (blockRow * side >= p.GridHeight || blockColumn * side >= p.GridWidth)
            return;
        int block = level.First + blockRow * level.Columns + blockColumn;
        TElement.Store(column._means + (ulong)(block * column._meanBytes), BlockSum.Mean(sum));
        if (column._writesCounts)
        {
            float logCount = sum.Count == 0 ? float.NegativeInfinity : PowersOfTwo.NaturalLogOf2 * FastMath.Log2(sum.Count);
            GlobalBytes.Store4(p.LogCounts + (ulong)block * sizeof(float), Interop.FloatAsInt(logCount));
        }
    }

    private static float Quarter<TElement>(ulong first, ulong token, ulong row)
        where TElement : unmanaged, IDeviceElement =>
        TElement.Load(first) + TElement.Load(first + token) + (TElement.Load(first + row) + TElement.Load(first + row + token));

    private static BlockSum Token<TElement>(PoolBlocksParameters p, PoolColumn column, int cell)
        where TElement : unmanaged, IDeviceElement
    {
        int token = p.Places == 0 ? cell : (int)GlobalBytes.Load4(p.Places + (ulong)cell * sizeof(int));
        return token < 0 ? default : BlockSum.Of(TElement.Load(column._source + (ulong)(token * column._tokenBytes)));
    }
}
