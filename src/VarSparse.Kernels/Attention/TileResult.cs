using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What a thread of the Hopper kernel needs to store its part of a tile, beside the sums of weighted values.</summary>
internal struct TileResult
{
    /// <summary>ILGPU cannot turn a float that it knows at compile time into its bits.</summary>
    private const uint NegativeInfinityBits = 0xFF800000;

    /// <summary>Whose queries these are.</summary>
    public TilePlace Tile;

    /// <summary>The query of the warp's row (lane mod 16), or -1.</summary>
    public int Query;

    /// <summary>What the exponentials of the thread's first row are relative to, in powers of two.</summary>
    public float TopMax;

    /// <summary>The same of the second row.</summary>
    public float BottomMax;

    /// <summary>The thread's part of the sum of the first row's exponentials.</summary>
    public float TopSum;

    /// <summary>The same of the second row.</summary>
    public float BottomSum;

    /// <summary>Of queries that have seen nothing yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileResult Empty() => new() { TopMax = float.NegativeInfinity, BottomMax = float.NegativeInfinity };

    /// <summary>Reads whose result it is: late, as registers are few.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileResult For(AttentionParameters p, TileResult result, TilePlace tile, int thread)
    {
        int slot = tile.SlotWord * MaskFragment.Side + (thread >> 5) * HeadRows.Rows + (thread & 15);
        result.Tile = tile;
        result.Query = tile.SlotWord < 0 ? -1 : (int)GlobalBytes.Load4(p.SlotQueries + (ulong)slot * 4);
        return result;
    }

    /// <summary>Normalises and writes.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="result">What goes with the output.</param>
    /// <param name="output">The thread's share of the sums of weighted values.</param>
    /// <param name="staging">Shared-memory address of room for 64 rows, that of the tile's queries.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TElement, THead, TOutput>(AttentionParameters p, TileResult result, TOutput output, uint staging, int thread)
        where TElement : unmanaged, IMatrixElement
        where THead : struct, IHopperHead<TOutput>
        where TOutput : unmanaged
    {
        float topSum = Scores.SumOfRow(result.TopSum);
        float bottomSum = Scores.SumOfRow(result.BottomSum);
        THead.Stage<TElement>(THead.Scale(output, FastMath.ReciprocalOrZero(topSum), FastMath.ReciprocalOrZero(bottomSum)), staging, thread);
        Warp.Barrier();
        ulong head = p.Output + (ulong)(result.Tile.Batch * p.OutputBatchStride + result.Tile.Head * p.OutputHeadStride) * 2;
        HeadRows.Write(staging, HopperRing.QueryPanelBytes, THead.Dimension, result.Query, head, (uint)p.OutputTokenStride * 2, thread);
        if (p.LogSumExp != 0)
        {
            ulong sums = p.LogSumExp + (ulong)((long)(result.Tile.Batch * p.Heads + result.Tile.Head) * p.QueryCount) * 4;
            int row = (thread & 31) >> 2;
            int top = Warp.Shuffle(result.Query, row), bottom = Warp.Shuffle(result.Query, row + 8);
            if ((thread & 3) == 0)
            {
                StoreLogSumExp(sums, top, result.TopMax, topSum);
                StoreLogSumExp(sums, bottom, result.BottomMax, bottomSum);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLogSumExp(ulong sums, int query, float reference, float sum)
    {
        if (query < 0)
            return;
        uint value = sum == 0 ? NegativeInfinityBits : Interop.FloatAsInt((reference + FastMath.Log2(sum)) * PowersOfTwo.NaturalLogOf2);
        GlobalBytes.Store4(sums + (ulong)query * 4, value);
    }
}
