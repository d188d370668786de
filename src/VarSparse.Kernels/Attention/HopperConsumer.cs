using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A warp group that computes 64 queries at a time. Its loop keeps the tensor cores at work while the softmax runs: the scores of a
/// block are started before the product with the previous block's values, and both are under way while exponentials are taken.
/// </summary>
internal static class HopperConsumer<TElement, THead, TQueries, TOutput>
    where TElement : unmanaged, IMatrixElement
    where THead : struct, IHopperHead<TQueries, TOutput>
    where TQueries : unmanaged
    where TOutput : unmanaged
{
    private const float NaturalLogOf2 = 0.693147180559945f;
    private const float Log2OfE = 1.44269504088896f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int stages, int wordsPerGroup, int consumer, int thread)
    {
        int stage = 0;
        int parity = 0;
        int row = thread / 32 * 16 + thread % 32 / 4;
        int count = TileWork.Count(p, wordsPerGroup);

        // Biases are added to scaled scores, which then need no scale any more.
        float scale = p.KeyBias != 0 ? 1 : p.ScaleLog2;
        for (int index = Grid.IdxX; index < count; index += Grid.DimX)
        {
            TileWork work = TileWork.Get(p, index, wordsPerGroup);
            int word = work.Word + consumer;
            bool exists = word < p.WordsPerTile;
            ulong slots = p.SlotQueries + (ulong)((work.Tile * p.WordsPerTile + (exists ? word : 0)) * MaskFragment.Side + row) * 4;
            int topQuery = exists ? (int)GlobalBytes.Load4(slots) : -1;
            int bottomQuery = exists ? (int)GlobalBytes.Load4(slots + 32) : -1;
            ulong queries = p.Queries + (ulong)(work.Batch * p.QueryBatchStride + work.Head * p.QueryHeadStride) * 2;
            TQueries q = THead.LoadQueries(
                queries + (ulong)((topQuery < 0 ? 0 : topQuery) * p.QueryTokenStride) * 2,
                queries + (ulong)((bottomQuery < 0 ? 0 : bottomQuery) * p.QueryTokenStride) * 2);

            TOutput output = default;
            LeftOperand64x64 probabilities = default;
            float topMax = float.NegativeInfinity;
            float bottomMax = float.NegativeInfinity;
            float topSum = 0;
            float bottomSum = 0;
            int pendingStage = -1;
            int pendingParity = 0;
            for (int start = 0; start < work.Length; start += HopperRing.KeysPerStage)
            {
                int block = work.FirstBlock + start / HopperRing.KeysPerStage;
                int state = State(p, work, block, word, start, exists);
                AsyncBarrier.Wait(HopperRing.KeysFull(ring, stage), parity);
                if (state == BlockState.Hidden)
                {
                    Release(HopperRing.KeysEmpty(ring, stage), thread);
                    AsyncBarrier.Wait(HopperRing.ValuesFull(ring, stage), parity);
                    Release(HopperRing.ValuesEmpty(ring, stage), thread);
                }
                else
                {
                    uint visible = state == BlockState.Full ? uint.MaxValue : Visible(p, work, block, word, start, thread);
                    WarpGroup.FenceAsyncProxy();
                    Accumulator64x64 scores = THead.StartScores<TElement>(q, HopperRing.Keys(ring, stage));
                    if (pendingStage >= 0)
                    {
                        AsyncBarrier.Wait(HopperRing.ValuesFull(ring, pendingStage), pendingParity);
                        WarpGroup.FenceAsyncProxy();
                        TOutput started = THead.StartOutput<TElement>(output, probabilities, HopperRing.Values(ring, pendingStage));
                        scores = WarpGroup.Wait(scores, 1);
                        scores = Prepare(p, scores, ring, stage, state, visible);
                        Release(HopperRing.KeysEmpty(ring, stage), thread);
                        float topNew = IntrinsicMath.Max(topMax, Scores.MaxOfRow(Scores.MaxTop(scores)) * scale);
                        float bottomNew = IntrinsicMath.Max(bottomMax, Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale);
                        float topReference = Reference(topNew);
                        float bottomReference = Reference(bottomNew);
                        float topRescale = FastMath.Exp2(topMax - topReference);
                        float bottomRescale = FastMath.Exp2(bottomMax - bottomReference);
                        scores = Scores.Exp2(scores, scale, topReference, bottomReference);
                        topSum = topSum * topRescale + Scores.SumTop(scores);
                        bottomSum = bottomSum * bottomRescale + Scores.SumBottom(scores);
                        topMax = topNew;
                        bottomMax = bottomNew;
                        output = THead.Wait(started, 0);
                        Release(HopperRing.ValuesEmpty(ring, pendingStage), thread);
                        output = THead.Scale(output, topRescale, bottomRescale);

                        // Only now: the product that was waited for read its probabilities from these registers.
                        probabilities = Scores.Pack<TElement>(scores);
                    }
                    else
                    {
                        scores = WarpGroup.Wait(scores, 0);
                        scores = Prepare(p, scores, ring, stage, state, visible);
                        Release(HopperRing.KeysEmpty(ring, stage), thread);
                        topMax = Scores.MaxOfRow(Scores.MaxTop(scores)) * scale;
                        bottomMax = Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale;
                        scores = Scores.Exp2(scores, scale, Reference(topMax), Reference(bottomMax));
                        topSum = Scores.SumTop(scores);
                        bottomSum = Scores.SumBottom(scores);
                        probabilities = Scores.Pack<TElement>(scores);
                    }

                    pendingStage = stage;
                    pendingParity = parity;
                }

                if (++stage == stages)
                {
                    stage = 0;
                    parity ^= 1;
                }
            }

            if (pendingStage >= 0)
            {
                AsyncBarrier.Wait(HopperRing.ValuesFull(ring, pendingStage), pendingParity);
                WarpGroup.FenceAsyncProxy();
                output = THead.Wait(THead.StartOutput<TElement>(output, probabilities, HopperRing.Values(ring, pendingStage)), 0);
                Release(HopperRing.ValuesEmpty(ring, pendingStage), thread);
            }

            topSum = Scores.SumOfRow(topSum);
            bottomSum = Scores.SumOfRow(bottomSum);
            output = THead.Scale(output, topSum == 0 ? 0 : 1 / topSum, bottomSum == 0 ? 0 : 1 / bottomSum);
            ulong rows = p.Output + (ulong)(work.Batch * p.OutputBatchStride + work.Head * p.OutputHeadStride) * 2;
            THead.Store<TElement>(
                output,
                topQuery < 0 ? 0 : rows + (ulong)(topQuery * p.OutputTokenStride) * 2,
                bottomQuery < 0 ? 0 : rows + (ulong)(bottomQuery * p.OutputTokenStride) * 2);
            if (p.LogSumExp != 0 && thread % 4 == 0)
            {
                ulong sums = p.LogSumExp + (ulong)((long)(work.Batch * p.Heads + work.Head) * p.QueryCount) * 4;
                StoreLogSumExp(sums, topQuery, topMax, topSum);
                StoreLogSumExp(sums, bottomQuery, bottomMax, bottomSum);
            }
        }
    }

    /// <summary>What the consumer's slots see of a block; a list without a mask only has a bound.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int State(AttentionParameters p, TileWork work, int block, int word, int start, bool exists)
    {
        if (!exists)
            return BlockState.Hidden;
        if (p.BlockStates != 0)
            return (int)GlobalBytes.Load1(p.BlockStates + (ulong)(block * p.WordsPerTile + word));
        return start + HopperRing.KeysPerStage <= work.Length ? BlockState.Full : BlockState.Partial;
    }

    /// <summary>The thread's mask bits of a partial block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Visible(AttentionParameters p, TileWork work, int block, int word, int start, int thread)
    {
        if (p.MaskFragments != 0)
            return GlobalBytes.Load4(p.MaskFragments + (ulong)((block * p.WordsPerTile + word) * MaskFragment.Threads + thread) * 4);

        // Of each 8 keys a thread has two: bits below the list's end, for both rows.
        int keys = work.Length - start - thread % 4 * 2;
        int pairs = keys <= 0 ? 0 : (keys - 1) / 8;
        int last = keys <= 0 ? 0 : keys - pairs * 8 >= 2 ? 2 : 1;
        uint bits = (1u << (pairs * 2 + last)) - 1;
        return bits | (bits << 16);
    }

    /// <summary>Adds biases, with the scale, and hides what is not visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Accumulator64x64 Prepare(
        AttentionParameters p, Accumulator64x64 scores, HopperRing ring, int stage, int state, uint visible)
    {
        if (p.KeyBias != 0)
            scores = Scores.AddBias(scores, p.ScaleLog2, Log2OfE, HopperRing.Biases(ring, stage));
        if (state == BlockState.Partial)
            scores = Scores.Mask(scores, visible);
        return scores;
    }

    /// <summary>What exponents are taken relative to: the maximum, or zero where nothing is visible yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Reference(float maximum) => maximum == float.NegativeInfinity ? 0 : maximum;

    /// <summary>Says that a warp is done with a stage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Release(uint barrier, int thread)
    {
        if (thread % 32 == 0)
            AsyncBarrier.Arrive(barrier);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreLogSumExp(ulong sums, int query, float maximum, float sum)
    {
        if (query < 0)
            return;
        float value = sum == 0 ? float.NegativeInfinity : (maximum + FastMath.Log2(sum)) * NaturalLogOf2;
        GlobalBytes.Store4(sums + (ulong)query * 4, Interop.FloatAsInt(value));
    }
}
