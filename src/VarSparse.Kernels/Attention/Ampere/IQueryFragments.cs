using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// A warp's 16 query rows as left operands of the score product. Structs nest to hold more columns, because ILGPU neither unrolls
/// loops nor keeps arrays in registers.
/// </summary>
internal interface IQueryFragments<TSelf>
    where TSelf : unmanaged, IQueryFragments<TSelf>
{
    /// <summary>Chunks of 16 columns.</summary>
    static abstract int Chunks { get; }

    /// <param name="address">Shared address that the lane gives to matrix loads (<see cref="RowSwizzle.RowsFirst"/>) of chunk 0.</param>
    /// <param name="chunk">The first chunk to take.</param>
    static abstract TSelf Load(uint address, int chunk);

    /// <summary>Adds the products of these columns with 32 keys.</summary>
    /// <param name="sum">Scores so far.</param>
    /// <param name="queries">The rows.</param>
    /// <param name="keys">Shared address that the lane gives to matrix loads (<see cref="RowSwizzle.ColumnsFirst"/>) of chunk 0.</param>
    /// <param name="pitch">Bytes from key to key.</param>
    /// <param name="chunk">The first chunk.</param>
    static abstract BlockScores AddScores<TElement>(BlockScores sum, TSelf queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement;
}

/// <summary>16 columns in registers.</summary>
internal struct QueryChunk : IQueryFragments<QueryChunk>
{
    public FragmentA Rows;

    public static int Chunks => 1;

    public static QueryChunk Load(uint address, int chunk) => new() { Rows = LoadRows(address, chunk) };

    public static BlockScores AddScores<TElement>(BlockScores sum, QueryChunk queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement =>
        AddScores<TElement>(sum, queries.Rows, RowSwizzle.Chunk(keys, chunk), pitch);

    public static FragmentA LoadRows(uint address, int chunk)
    {
        MatrixQuad rows = MatrixLoad.Load4(RowSwizzle.Chunk(address, chunk));
        return new FragmentA(rows.M0, rows.M1, rows.M2, rows.M3);
    }

    public static BlockScores AddScores<TElement>(BlockScores sum, FragmentA rows, uint keys, int pitch)
        where TElement : unmanaged, IMatrixElement
    {
        sum.Keys0 = AccumulatorPair.MultiplyAdd<TElement>(sum.Keys0, rows, MatrixLoad.Load4(keys));
        sum.Keys16 = AccumulatorPair.MultiplyAdd<TElement>(sum.Keys16, rows, MatrixLoad.Load4(keys + (uint)(16 * pitch)));
        return sum;
    }
}

/// <summary>16 columns that stay in shared memory.</summary>
internal struct SharedQueryChunk : IQueryFragments<SharedQueryChunk>
{
    public uint Address;

    public static int Chunks => 1;

    public static SharedQueryChunk Load(uint address, int chunk) => new() { Address = address };

    public static BlockScores AddScores<TElement>(BlockScores sum, SharedQueryChunk queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement =>
        QueryChunk.AddScores<TElement>(sum, QueryChunk.LoadRows(queries.Address, chunk), RowSwizzle.Chunk(keys, chunk), pitch);
}

/// <summary>The columns of two.</summary>
internal struct QueryJoin<TLeft, TRight> : IQueryFragments<QueryJoin<TLeft, TRight>>
    where TLeft : unmanaged, IQueryFragments<TLeft>
    where TRight : unmanaged, IQueryFragments<TRight>
{
    public TLeft Left;
    public TRight Right;

    public static int Chunks => TLeft.Chunks + TRight.Chunks;

    public static QueryJoin<TLeft, TRight> Load(uint address, int chunk) =>
        new() { Left = TLeft.Load(address, chunk), Right = TRight.Load(address, chunk + TLeft.Chunks) };

    public static BlockScores AddScores<TElement>(
        BlockScores sum, QueryJoin<TLeft, TRight> queries, uint keys, int pitch, int chunk)
        where TElement : unmanaged, IMatrixElement
    {
        sum = TLeft.AddScores<TElement>(sum, queries.Left, keys, pitch, chunk);
        return TRight.AddScores<TElement>(sum, queries.Right, keys, pitch, chunk + TLeft.Chunks);
    }
}
