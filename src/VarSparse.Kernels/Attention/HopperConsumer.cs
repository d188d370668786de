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
    private const float Log2OfE = 1.44269504088896f;

    /// <summary>
    /// How far, in powers of two, scores may rise above the reference of the exponentials before the sums so far are rescaled. 2^8 is
    /// far from overflow in every type, and with it most blocks rescale nothing.
    /// </summary>
    private const float Headroom = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int consumer, int thread)
    {
        // Biases are added to scaled scores, which then need no scale any more.
        float scale = TOptions.HasBias ? 1 : p.ScaleLog2;
        RingPlace keys = default;
        int tile = 0;
        TileNotes notes = NextTile(ring, tile, consumer);
        while (notes.End >= 0)
        {
            int buffer = tile & 1;
            uint queries = HopperRing.Queries(ring, buffer, consumer, THead.Dimension);
            uint masks = StepMask.Start(p, notes, thread);
            int step = TileNotes.NextSeen<TOptions>(notes, 0);
            StepMask nextMask = StepMask.Load<TOptions>(p, masks, step);
            int first = notes.End == 0 ? StepLayout.Steps(notes.Length) : step;
            for (int hidden = 0; hidden < first; hidden++)
                keys = Skip(ring, keys, thread);

            TOutput output = default;
            LeftOperand64x128 probabilities = default;
            float topMax = float.NegativeInfinity;
            float bottomMax = float.NegativeInfinity;
            float topSum = 0;
            float bottomSum = 0;
            TilePlace place;
            QueryPair rows;
            if (step < notes.End)
            {
                StepMask mask = nextMask;
                int next = TileNotes.NextSeen<TOptions>(notes, step + 1);
                nextMask = StepMask.Load<TOptions>(p, masks, next);
                WaitFor(ring, keys);
                Accumulator64x128 scores = WarpGroup.Wait(THead.StartScores<TElement>(queries, HopperRing.Matrix(ring, keys.Stage, THead.Dimension)), 0);
                scores = Prepare(p, scores, ring, keys.Stage, notes, step, mask, thread);
                Release(HopperRing.Empty(ring, keys.Stage), thread);
                topMax = Scores.MaxOfRow(Scores.MaxTop(scores)) * scale;
                bottomMax = Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale;
                scores = Scores.Exp2(scores, scale, Reference(topMax), Reference(bottomMax));
                topSum = Scores.SumTop(scores);
                bottomSum = Scores.SumBottom(scores);
                probabilities = Scores.Pack<TElement>(scores);
                RingPlace values = HopperRing.Next(keys);
                while (next < notes.End)
                {
                    keys = HopperRing.Next(values);
                    for (int hidden = step + 1; hidden < next; hidden++)
                        keys = Skip(ring, keys, thread);
                    step = next;
                    mask = nextMask;
                    next = TileNotes.NextSeen<TOptions>(notes, step + 1);
                    nextMask = StepMask.Load<TOptions>(p, masks, next);
                    WaitFor(ring, keys);
                    Accumulator64x128 startedScores = THead.StartScores<TElement>(queries, HopperRing.Matrix(ring, keys.Stage, THead.Dimension));
                    WaitFor(ring, values);
                    TOutput startedOutput = THead.StartOutput<TElement>(output, probabilities, HopperRing.Matrix(ring, values.Stage, THead.Dimension));
                    scores = WarpGroup.Wait(startedScores, 1);
                    if (!TOptions.HasBias)
                        Release(HopperRing.Empty(ring, keys.Stage), thread);
                    scores = Prepare(p, scores, ring, keys.Stage, notes, step, mask, thread);
                    if (TOptions.HasBias)
                        Release(HopperRing.Empty(ring, keys.Stage), thread);
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
                    Release(HopperRing.Empty(ring, values.Stage), thread);
                    if (rescales)
                        output = THead.Scale(output, topRescale, bottomRescale);

                    // Only now: the product that was waited for read its probabilities from these registers.
                    probabilities = Scores.Pack<TElement>(scores);
                    values = HopperRing.Next(keys);
                }

                WaitFor(ring, values);
                TOutput started = THead.StartOutput<TElement>(output, probabilities, HopperRing.Matrix(ring, values.Stage, THead.Dimension));
                place = TileNotes.Place(notes);
                rows = QueryPair.Of(p, place, thread);
                output = THead.Wait(started, 0);
                Release(HopperRing.Empty(ring, values.Stage), thread);
                keys = HopperRing.Next(values);
                step++;
            }
            else
            {
                place = TileNotes.Place(notes);
                rows = QueryPair.Of(p, place, thread);
                step = first;
            }

            Release(HopperRing.QueriesEmpty(ring, buffer), thread);
            TileResult result = TileResult.Of(place, rows, topMax, bottomMax, Scores.SumOfRow(topSum), Scores.SumOfRow(bottomSum));
            TileResult.Store<TElement, THead, TOutput>(p, result, output, thread);
            for (int steps = StepLayout.Steps(notes.Length); step < steps; step++)
                keys = Skip(ring, keys, thread);
            tile++;
            notes = NextTile(ring, tile, consumer);
        }
    }

    /// <summary>Waits for a tile's queries.</summary>
    /// <returns>What there is to know of it, or that there is no such tile.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileNotes NextTile(HopperRing ring, int tile, int consumer)
    {
        AsyncBarrier.Wait(HopperRing.QueriesFull(ring, tile & 1), (tile >> 1) & 1);
        return TileNotes.Load(HopperRing.Notes(ring, tile & 1, consumer));
    }

    /// <summary>Adds biases, with the scale, and hides what is not visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Accumulator64x128 Prepare(
        AttentionParameters p, Accumulator64x128 scores, HopperRing ring, int stage, TileNotes notes, int step, StepMask mask, int thread)
    {
        if (TOptions.HasBias)
            scores = Scores.AddBias(scores, p.ScaleLog2, Log2OfE, HopperRing.Biases(ring, stage));
        if (!TileNotes.IsWhole<TOptions>(notes, step))
        {
            if (!TOptions.HasMask)
                mask = StepMask.UpTo(notes.Length - step * StepLayout.KeysPerStep, thread);
            scores = Scores.Mask(scores, mask.Left, mask.Right);
        }

        return scores;
    }

    /// <summary>Waits until a matrix is there for the tensor cores.</summary>
    /// <remarks>
    /// No fence between proxies follows: asynchronous copies have written shared memory before their arrival on the barrier shows, as
    /// other kernels that feed warp-group products by cp.async rely on too. A fence here costs more than it seems to: it also waits for
    /// every load and store of the thread that is under way.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WaitFor(HopperRing ring, RingPlace place) => AsyncBarrier.Wait(HopperRing.Full(ring, place.Stage), place.Parity);

    /// <summary>Lets the keys and values of a step go that none of the consumer's slots sees.</summary>
    /// <returns>The next step's keys.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RingPlace Skip(HopperRing ring, RingPlace keys, int thread)
    {
        WaitFor(ring, keys);
        Release(HopperRing.Empty(ring, keys.Stage), thread);
        RingPlace values = HopperRing.Next(keys);
        WaitFor(ring, values);
        Release(HopperRing.Empty(ring, values.Stage), thread);
        return HopperRing.Next(values);
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
}
