using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A warp's 16 output rows in registers; nested like <see cref="IQueryFragments{TSelf}"/>.</summary>
internal interface IOutputColumns<TSelf>
    where TSelf : unmanaged, IOutputColumns<TSelf>
{
    /// <summary>Chunks of 16 columns.</summary>
    static abstract int Chunks { get; }

    /// <summary>Multiplies the lane's upper and lower row by a factor each.</summary>
    static abstract TSelf Scale(TSelf columns, float top, float bottom);

    /// <summary>Adds weights of 16 keys times their values.</summary>
    /// <param name="sum">What there is.</param>
    /// <param name="weights">16 slots by 16 keys.</param>
    /// <param name="values">Shared address that the lane gives to matrix loads (<see cref="RowSwizzle.RowsFirst"/>) of chunk 0.</param>
    /// <param name="firstKey">Bytes from there to the first of the keys: a constant, which is part of the load instruction.</param>
    /// <param name="chunk">The first chunk.</param>
    static abstract TSelf AddProducts<TElement>(TSelf sum, FragmentA weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement;

    static abstract void Store<TElement>(TSelf columns, OutputRows rows, int chunk)
        where TElement : unmanaged, IMatrixElement;
}

/// <summary>16 columns.</summary>
internal struct OutputChunk : IOutputColumns<OutputChunk>
{
    public AccumulatorPair Sum;

    public static int Chunks => 1;

    public static OutputChunk Scale(OutputChunk columns, float top, float bottom) =>
        new() { Sum = new(Scale(columns.Sum.Left, top, bottom), Scale(columns.Sum.Right, top, bottom)) };

    public static OutputChunk AddProducts<TElement>(OutputChunk sum, FragmentA weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement => new()
        {
            Sum = AccumulatorPair.MultiplyAdd<TElement>(
                sum.Sum, weights, MatrixLoad.Load4Transposed(RowSwizzle.Chunk(values, chunk) + (uint)firstKey)),
        };

    public static void Store<TElement>(OutputChunk columns, OutputRows rows, int chunk)
        where TElement : unmanaged, IMatrixElement =>
        rows.Store(AccumulatorPair.ToOperand<TElement>(columns.Sum), chunk);

    private static AccumulatorTile Scale(AccumulatorTile tile, float top, float bottom) =>
        new(tile.Top0 * top, tile.Top1 * top, tile.Bottom0 * bottom, tile.Bottom1 * bottom);
}

/// <summary>The columns of two.</summary>
internal struct OutputJoin<TLeft, TRight> : IOutputColumns<OutputJoin<TLeft, TRight>>
    where TLeft : unmanaged, IOutputColumns<TLeft>
    where TRight : unmanaged, IOutputColumns<TRight>
{
    public TLeft Left;
    public TRight Right;

    public static int Chunks => TLeft.Chunks + TRight.Chunks;

    public static OutputJoin<TLeft, TRight> Scale(OutputJoin<TLeft, TRight> columns, float top, float bottom) =>
        new() { Left = TLeft.Scale(columns.Left, top, bottom), Right = TRight.Scale(columns.Right, top, bottom) };

    public static OutputJoin<TLeft, TRight> AddProducts<TElement>(
        OutputJoin<TLeft, TRight> sum, FragmentA weights, uint values, int firstKey, int chunk)
        where TElement : unmanaged, IMatrixElement => new()
        {
            Left = TLeft.AddProducts<TElement>(sum.Left, weights, values, firstKey, chunk),
            Right = TRight.AddProducts<TElement>(sum.Right, weights, values, firstKey, chunk + TLeft.Chunks),
        };

    public static void Store<TElement>(OutputJoin<TLeft, TRight> columns, OutputRows rows, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        TLeft.Store<TElement>(columns.Left, rows, chunk);
        TRight.Store<TElement>(columns.Right, rows, chunk + TLeft.Chunks);
    }
}
