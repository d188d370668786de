using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What a thread of the Hopper kernel needs to store its two rows of a tile, beside the rows themselves.</summary>
internal struct TileResult
{
    private const float NaturalLogOf2 = 0.693147180559945f;

    private TilePlace _tile;
    private QueryPair _rows;
    private float _topMax;
    private float _bottomMax;
    private float _topSum;
    private float _bottomSum;

    /// <param name="tile">Whose queries these are.</param>
    /// <param name="rows">The queries of the thread's rows.</param>
    /// <param name="topMax">What the first row's exponentials are relative to, in powers of two.</param>
    /// <param name="bottomMax">The same of the second row.</param>
    /// <param name="topSum">Sum of the first row's exponentials.</param>
    /// <param name="bottomSum">The same of the second row.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileResult Of(
        TilePlace tile, QueryPair rows, float topMax, float bottomMax, float topSum, float bottomSum) => new()
        {
            _tile = tile,
            _rows = rows,
            _topMax = topMax,
            _bottomMax = bottomMax,
            _topSum = topSum,
            _bottomSum = bottomSum,
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement, THead, TOutput>(AttentionParameters p, TileResult result, TOutput output, int thread)
        where TElement : unmanaged, IMatrixElement
        where THead : struct, IHopperHead<TOutput>
        where TOutput : unmanaged
    {
        output = THead.Scale(output, FastMath.ReciprocalOrZero(result._topSum), FastMath.ReciprocalOrZero(result._bottomSum));
        ulong head = p.Output + (ulong)(result._tile.Batch * p.OutputBatchStride + result._tile.Head * p.OutputHeadStride) * 2;
        THead.Store<TElement>(
            output,
            result._rows.Top < 0 ? 0 : head + (ulong)(result._rows.Top * p.OutputTokenStride) * 2,
            result._rows.Bottom < 0 ? 0 : head + (ulong)(result._rows.Bottom * p.OutputTokenStride) * 2);
        if (p.LogSumExp != 0 && (thread & 3) == 0)
        {
            ulong sums = p.LogSumExp + (ulong)((long)(result._tile.Batch * p.Heads + result._tile.Head) * p.QueryCount) * 4;
            StoreLogSumExp(sums, result._rows.Top, result._topMax, result._topSum);
            StoreLogSumExp(sums, result._rows.Bottom, result._bottomMax, result._bottomSum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLogSumExp(ulong sums, int query, float reference, float sum)
    {
        if (query < 0)
            return;
        float value = sum == 0 ? float.NegativeInfinity : (reference + FastMath.Log2(sum)) * NaturalLogOf2;
        GlobalBytes.Store4(sums + (ulong)query * 4, Interop.FloatAsInt(value));
    }
}
