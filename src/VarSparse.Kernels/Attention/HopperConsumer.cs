using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A warp group that computes 64 queries at a time. Its loop keeps the tensor cores at work while the softmax runs: the scores of a
/// block are started before the product with the previous block's values, and both are under way while exponentials are taken.
/// </summary>
internal static class HopperConsumer<TElement, THead, TOutput, TOptions>
    where TElement : unmanaged, IMatrixElement
    where THead : struct, IHopperHead<TOutput>
    where TOutput : unmanaged
    where TOptions : struct, IAttentionOptions
{
    private const float NaturalLogOf2 = 0.693147180559945f;
    private const float Log2OfE = 1.44269504088896f;

    /// <summary>
    /// How far, in powers of two, scores may rise above the reference of the exponentials before the sums so far are rescaled. 2^8 is
    /// far from overflow in every type, and with it most blocks rescale nothing.
    /// </summary>
    private const float Headroom = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int stages, int wordsPerGroup, int consumer, int thread)
    {
        RingPlace place = default;

        // Biases are added to scaled scores, which then need no scale any more.
        float scale = TOptions.HasBias ? 1 : p.ScaleLog2;
        TileWork work = TileWork.First(p, wordsPerGroup);
        KeyList list = KeyList.Of(p, work);
        int word = work.Run * wordsPerGroup + consumer;
        BlockRange range = BlockRange.Of(p, list, word);
        RowGather gather = RowGather.Of(thread, THead.Dimension, HopperRing.QueryPanelBytes);
        uint queries = HopperRing.Queries(ring, consumer);
        StartQueries(p, work, word, gather, queries);
        while (work.Batch < p.Batch)
        {
            // The queries are in place when every thread of the warp group has waited for its copies.
            AsyncCopy.Wait(0);
            WarpGroup.FenceAsyncProxy();
            NamedBarrier.Sync(1 + consumer, 128);

            // Blocks of 128 keys are pairs of the blocks of 64 that ranges count.
            int blocks = (list.Length + 63) >> 6;
            int first = range.First & ~1;
            int block = 0;
            for (; block < blocks && (block < first || range.End == 0); block += 2)
                place = Skip(ring, place, stages, thread);

            TOutput output = default;
            LeftOperand64x128 probabilities = default;
            float topMax = float.NegativeInfinity;
            float bottomMax = float.NegativeInfinity;
            float topSum = 0;
            float bottomSum = 0;
            if (range.End > 0)
            {
                uint leftMask = BlockRange.Mask(p, range, list, word, block, thread);
                uint rightMask = BlockRange.Mask(p, range, list, word, block + 1, thread);
                uint nextLeftMask = BlockRange.Mask(p, range, list, word, block + 2, thread);
                uint nextRightMask = BlockRange.Mask(p, range, list, word, block + 3, thread);
                AsyncBarrier.Wait(HopperRing.KeysFull(ring, place.Stage), place.Parity);
                WarpGroup.FenceAsyncProxy();
                Accumulator64x128 scores = WarpGroup.Wait(THead.StartScores<TElement>(queries, HopperRing.Keys(ring, place.Stage)), 0);
                scores = Prepare(p, scores, ring, place.Stage, range, block, leftMask, rightMask);
                Release(HopperRing.KeysEmpty(ring, place.Stage), thread);
                topMax = Scores.MaxOfRow(Scores.MaxTop(scores)) * scale;
                bottomMax = Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale;
                scores = Scores.Exp2(scores, scale, Reference(topMax), Reference(bottomMax));
                topSum = Scores.SumTop(scores);
                bottomSum = Scores.SumBottom(scores);
                probabilities = Scores.Pack<TElement>(scores);
                RingPlace pending = place;
                place = RingPlace.Next(place, stages);
                for (block += 2; block < range.End; block += 2)
                {
                    leftMask = nextLeftMask;
                    rightMask = nextRightMask;
                    nextLeftMask = BlockRange.Mask(p, range, list, word, block + 2, thread);
                    nextRightMask = BlockRange.Mask(p, range, list, word, block + 3, thread);
                    AsyncBarrier.Wait(HopperRing.KeysFull(ring, place.Stage), place.Parity);
                    WarpGroup.FenceAsyncProxy();
                    Accumulator64x128 startedScores = THead.StartScores<TElement>(queries, HopperRing.Keys(ring, place.Stage));
                    AsyncBarrier.Wait(HopperRing.ValuesFull(ring, pending.Stage), pending.Parity);
                    WarpGroup.FenceAsyncProxy();
                    TOutput startedOutput = THead.StartOutput<TElement>(output, probabilities, HopperRing.Values(ring, pending.Stage));
                    scores = WarpGroup.Wait(startedScores, 1);
                    scores = Prepare(p, scores, ring, place.Stage, range, block, leftMask, rightMask);
                    Release(HopperRing.KeysEmpty(ring, place.Stage), thread);
                    float topNew = Scores.MaxOfRow(Scores.MaxTop(scores)) * scale;
                    float bottomNew = Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale;
                    bool rescales = WarpVote.Any(topNew > topMax + Headroom || bottomNew > bottomMax + Headroom);
                    float topRescale = 1;
                    float bottomRescale = 1;
                    if (rescales)
                    {
                        topNew = IntrinsicMath.Max(topMax, topNew);
                        bottomNew = IntrinsicMath.Max(bottomMax, bottomNew);
                        topRescale = FastMath.Exp2(topMax - Reference(topNew));
                        bottomRescale = FastMath.Exp2(bottomMax - Reference(bottomNew));
                        topMax = topNew;
                        bottomMax = bottomNew;
                    }

                    scores = Scores.Exp2(scores, scale, Reference(topMax), Reference(bottomMax));
                    topSum = topSum * topRescale + Scores.SumTop(scores);
                    bottomSum = bottomSum * bottomRescale + Scores.SumBottom(scores);
                    output = THead.Wait(startedOutput, 0);
                    Release(HopperRing.ValuesEmpty(ring, pending.Stage), thread);
                    if (rescales)
                        output = THead.Scale(output, topRescale, bottomRescale);

                    // Only now: the product that was waited for read its probabilities from these registers.
                    probabilities = Scores.Pack<TElement>(scores);
                    pending = place;
                    place = RingPlace.Next(place, stages);
                }

                AsyncBarrier.Wait(HopperRing.ValuesFull(ring, pending.Stage), pending.Parity);
                WarpGroup.FenceAsyncProxy();
                output = THead.Wait(THead.StartOutput<TElement>(output, probabilities, HopperRing.Values(ring, pending.Stage)), 0);
                Release(HopperRing.ValuesEmpty(ring, pending.Stage), thread);
            }

            for (; block < blocks; block += 2)
                place = Skip(ring, place, stages, thread);

            // The next tile's queries and list arrive while this one's result is stored. No thread reads this tile's queries any more.
            NamedBarrier.Sync(1 + consumer, 128);
            TileWork nextWork = TileWork.Next(p, work, wordsPerGroup);
            int nextWord = nextWork.Run * wordsPerGroup + consumer;
            StartQueries(p, nextWork, nextWord, gather, queries);
            list = KeyList.Of(p, nextWork);
            range = BlockRange.Of(p, list, nextWord);

            QueryPair rows = QueryPair.Of(p, work, word, thread);
            topSum = Scores.SumOfRow(topSum);
            bottomSum = Scores.SumOfRow(bottomSum);
            output = THead.Scale(output, FastMath.ReciprocalOrZero(topSum), FastMath.ReciprocalOrZero(bottomSum));
            ulong head = p.Output + (ulong)(work.Batch * p.OutputBatchStride + work.Head * p.OutputHeadStride) * 2;
            THead.Store<TElement>(
                output,
                rows.Top < 0 ? 0 : head + (ulong)(rows.Top * p.OutputTokenStride) * 2,
                rows.Bottom < 0 ? 0 : head + (ulong)(rows.Bottom * p.OutputTokenStride) * 2);
            if (p.LogSumExp != 0 && (thread & 3) == 0)
            {
                ulong sums = p.LogSumExp + (ulong)((long)(work.Batch * p.Heads + work.Head) * p.QueryCount) * 4;
                StoreLogSumExp(sums, rows.Top, topMax, topSum);
                StoreLogSumExp(sums, rows.Bottom, bottomMax, bottomSum);
            }

            work = nextWork;
            word = nextWord;
        }
    }

    /// <summary>Starts the copies of a tile's queries, if there is such a tile; slots without a query become zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StartQueries(AttentionParameters p, TileWork work, int word, RowGather gather, uint queries)
    {
        if (work.Batch < p.Batch && word < p.WordsPerTile)
        {
            ulong slots = p.SlotQueries + (ulong)((work.Tile * p.WordsPerTile + word) * MaskFragment.Side) * 4;
            ulong head = p.Queries + (ulong)(work.Batch * p.QueryBatchStride + work.Head * p.QueryHeadStride) * 2 + gather.ChunkBytes;
            RowGather.Start(gather, complete: false, slots, MaskFragment.Side, THead.Dimension, head, (uint)p.QueryTokenStride * 2, queries);
        }

        AsyncCopy.Commit();
    }

    /// <summary>Adds biases, with the scale, and hides what is not visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Accumulator64x128 Prepare(
        AttentionParameters p, Accumulator64x128 scores, HopperRing ring, int stage, BlockRange range, int block, uint leftMask, uint rightMask)
    {
        if (TOptions.HasBias)
            scores = Scores.AddBias(scores, p.ScaleLog2, Log2OfE, HopperRing.Biases(ring, stage));
        if (!BlockRange.IsFull(range, block) || !BlockRange.IsFull(range, block + 1))
            scores = Scores.Mask(scores, leftMask, rightMask);
        return scores;
    }

    /// <summary>Lets a stage go that none of the consumer's slots sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RingPlace Skip(HopperRing ring, RingPlace place, int stages, int thread)
    {
        AsyncBarrier.Wait(HopperRing.KeysFull(ring, place.Stage), place.Parity);
        Release(HopperRing.KeysEmpty(ring, place.Stage), thread);
        AsyncBarrier.Wait(HopperRing.ValuesFull(ring, place.Stage), place.Parity);
        Release(HopperRing.ValuesEmpty(ring, place.Stage), thread);
        return RingPlace.Next(place, stages);
    }

    /// <summary>What exponents are taken relative to: the maximum, or zero where nothing is visible yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Reference(float maximum) => maximum == float.NegativeInfinity ? 0 : maximum;

    /// <summary>Says that a warp is done with a stage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Release(uint barrier, int thread)
    {
        // One lane speaks for the warp: the others must have ended their waits and reads, or they miss the phase that comes next.
        Warp.Barrier();
        if ((thread & 31) == 0)
            AsyncBarrier.Arrive(barrier);
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
