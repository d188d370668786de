using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Columns of a head as a warp computes them: its output rows in registers, and products over the columns of queries and keys in shared
/// memory. Structs nest to hold more columns, because ILGPU neither unrolls loops nor keeps arrays in registers.
/// </summary>
internal interface IHeadColumns<TSelf>
    where TSelf : unmanaged, IHeadColumns<TSelf>
{
    /// <summary>Chunks of 16 columns.</summary>
    static abstract int Chunks { get; }

    /// <summary>Adds the products of these columns of the warp's queries with those of 32 keys.</summary>
    /// <param name="sum">Scores so far.</param>
    /// <param name="queries">Shared address that the lane gives to matrix loads (<see cref="RowSwizzle.RowsFirst"/>) of chunk 0.</param>
    /// <param name="keys">The same of keys (<see cref="RowSwizzle.ColumnsFirst"/>).</param>
    /// <param name="pitch">Bytes from row to row.</param>
    /// <param name="chunk">The first chunk.</param>
    static abstract WarpScores AddScores<TElement>(WarpScores sum, uint queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement;

    /// <summary>Multiplies the lane's rows by a factor each.</summary>
    static abstract TSelf Scale(TSelf columns, RowPair upper, RowPair lower);

    /// <summary>Adds weights of 16 keys times their values.</summary>
    /// <param name="sum">What there is.</param>
    /// <param name="weights">The warp's slots by 16 keys.</param>
    /// <param name="values">Shared address that the lane gives to matrix loads (<see cref="RowSwizzle.RowsFirst"/>) of chunk 0.</param>
    /// <param name="firstKey">Bytes from there to the first of the keys: a constant, which is part of the load instruction.</param>
    /// <param name="chunk">The first chunk.</param>
    static abstract TSelf AddProducts<TElement>(TSelf sum, WarpWeights weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement;

    static abstract void Store<TElement>(TSelf columns, OutputRows upper, OutputRows lower, int chunk)
        where TElement : unmanaged, IMatrixElement;
}

/// <summary>16 columns of 16 rows, the upper ones.</summary>
internal struct NarrowChunk : IHeadColumns<NarrowChunk>
{
    public AccumulatorPair Sum;

    public static int Chunks => 1;

    public static WarpScores AddScores<TElement>(WarpScores sum, uint queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        sum.Upper = QueryChunk.AddScores<TElement>(sum.Upper, QueryChunk.LoadRows(queries, chunk), RowSwizzle.Chunk(keys, chunk), pitch);
        return sum;
    }

    public static NarrowChunk Scale(NarrowChunk columns, RowPair upper, RowPair lower) =>
        new() { Sum = AccumulatorPair.Scale(columns.Sum, upper) };

    public static NarrowChunk AddProducts<TElement>(NarrowChunk sum, WarpWeights weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement => new()
        {
            Sum = AccumulatorPair.MultiplyAdd<TElement>(
                sum.Sum, weights.Upper, MatrixLoad.Load4Transposed(RowSwizzle.Chunk(values, chunk) + (uint)firstKey)),
        };

    public static void Store<TElement>(NarrowChunk columns, OutputRows upper, OutputRows lower, int chunk)
        where TElement : unmanaged, IMatrixElement =>
        upper.Store(AccumulatorPair.ToOperand<TElement>(columns.Sum), chunk);
}

/// <summary>16 columns of 32 rows. Both halves of the rows use what is loaded of keys and values.</summary>
internal struct WideChunk : IHeadColumns<WideChunk>
{
    public AccumulatorPair Upper;
    public AccumulatorPair Lower;

    public static int Chunks => 1;

    public static WarpScores AddScores<TElement>(WarpScores sum, uint queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        FragmentA upper = QueryChunk.LoadRows(queries, chunk);
        FragmentA lower = QueryChunk.LoadRows(queries + (uint)(16 * pitch), chunk);
        keys = RowSwizzle.Chunk(keys, chunk);
        MatrixQuad loaded = MatrixLoad.Load4(keys);
        sum.Upper.Keys0 = AccumulatorPair.MultiplyAdd<TElement>(sum.Upper.Keys0, upper, loaded);
        sum.Lower.Keys0 = AccumulatorPair.MultiplyAdd<TElement>(sum.Lower.Keys0, lower, loaded);
        loaded = MatrixLoad.Load4(keys + (uint)(16 * pitch));
        sum.Upper.Keys16 = AccumulatorPair.MultiplyAdd<TElement>(sum.Upper.Keys16, upper, loaded);
        sum.Lower.Keys16 = AccumulatorPair.MultiplyAdd<TElement>(sum.Lower.Keys16, lower, loaded);
        return sum;
    }

    public static WideChunk Scale(WideChunk columns, RowPair upper, RowPair lower) =>
        new() { Upper = AccumulatorPair.Scale(columns.Upper, upper), Lower = AccumulatorPair.Scale(columns.Lower, lower) };

    public static WideChunk AddProducts<TElement>(WideChunk sum, WarpWeights weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        MatrixQuad loaded = MatrixLoad.Load4Transposed(RowSwizzle.Chunk(values, chunk) + (uint)firstKey);
        return new()
        {
            Upper = AccumulatorPair.MultiplyAdd<TElement>(sum.Upper, weights.Upper, loaded),
            Lower = AccumulatorPair.MultiplyAdd<TElement>(sum.Lower, weights.Lower, loaded),
        };
    }

    public static void Store<TElement>(WideChunk columns, OutputRows upper, OutputRows lower, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        upper.Store(AccumulatorPair.ToOperand<TElement>(columns.Upper), chunk);
        lower.Store(AccumulatorPair.ToOperand<TElement>(columns.Lower), chunk);
    }
}

/// <summary>The columns of two.</summary>
internal struct ColumnJoin<TLeft, TRight> : IHeadColumns<ColumnJoin<TLeft, TRight>>
    where TLeft : unmanaged, IHeadColumns<TLeft>
    where TRight : unmanaged, IHeadColumns<TRight>
{
    public TLeft Left;
    public TRight Right;

    public static int Chunks => TLeft.Chunks + TRight.Chunks;

    public static WarpScores AddScores<TElement>(WarpScores sum, uint queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        sum = TLeft.AddScores<TElement>(sum, queries, keys, pitch, chunk);
        return TRight.AddScores<TElement>(sum, queries, keys, pitch, chunk + TLeft.Chunks);
    }

    public static ColumnJoin<TLeft, TRight> Scale(ColumnJoin<TLeft, TRight> columns, RowPair upper, RowPair lower) =>
        new() { Left = TLeft.Scale(columns.Left, upper, lower), Right = TRight.Scale(columns.Right, upper, lower) };

    public static ColumnJoin<TLeft, TRight> AddProducts<TElement>(
        ColumnJoin<TLeft, TRight> sum, WarpWeights weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement => new()
        {
            Left = TLeft.AddProducts<TElement>(sum.Left, weights, values, firstKey, chunk),
            Right = TRight.AddProducts<TElement>(sum.Right, weights, values, firstKey, chunk + TLeft.Chunks),
        };

    public static void Store<TElement>(ColumnJoin<TLeft, TRight> columns, OutputRows upper, OutputRows lower, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        TLeft.Store<TElement>(columns.Left, upper, lower, chunk);
        TRight.Store<TElement>(columns.Right, upper, lower, chunk + TLeft.Chunks);
    }
}
