using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A warp group that computes 64 queries at a time. Its loop keeps the tensor cores at work while the softmax runs: the scores of a
/// step are started before the product with the previous step's values, and both are under way while exponentials are taken. At a tile's
/// end the next tile's first scores follow its last product without a pause, and its result is stored beside them.
/// </summary>
internal static class HopperConsumer<TElement, THead, TOutput, TOptions>
    where TElement : unmanaged, IMatrixElement
    where THead : struct, IHopperHead<TOutput>
    where TOutput : unmanaged
    where TOptions : struct, IAttentionOptions
{
    /// <summary>
    /// How far, in powers of two, scores may rise above the reference of the exponentials before the sums so far are rescaled. 2^8 is
    /// far from overflow in every type, and with it most blocks rescale nothing.
    /// </summary>
    private const float Headroom = 8;

    /// <summary>
    /// The latest first step of a tile beside whose product the result before is stored. The store lets memory go that the producer waits for
    /// behind the keys of step <see cref="HopperProducer{TOptions}.QueriesAfter"/>: a word that waited for later keys before it stores would
    /// wait for ever.
    /// </summary>
    private const int LastFirstBeside = HopperProducer<TOptions>.QueriesAfter - 1;

    /// <summary>What a tile's first step gives.</summary>
    private struct FirstStep
    {
        public TileResult Result;
        public LeftOperand64x128 Probabilities;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int consumer, int thread)
    {
        // Biases are added to scaled scores, which then need no scale any more.
        float scale = TOptions.HasBias ? 1 : p.ScaleLog2;
        RingPlace place = default;
        int tile = 0;
        TileNotes notes = NextTile(ring, tile, consumer);
        while (notes.End >= 0)
        {
            if (notes.First >= notes.End)
            {
                // None of the word's slots sees a key.
                TileResult none = TileResult.For(p, TileResult.Empty(), TileNotes.Place(Notes(ring, tile, consumer)), thread);
                Store(p, ring, none, default, tile, consumer, thread);
                place = Skip(ring, place, 2 * StepLayout.Steps(notes.Length), thread);
                tile++;
                notes = NextTile(ring, tile, consumer);
                continue;
            }

            place = Skip(ring, place, MatricesBefore(notes), thread);
            uint masks = StepMask.Start(TileNotes.Place(Notes(ring, tile, consumer)).MaskWord, thread);
            StepMask mask = StepMask.Load<TOptions>(p, masks, notes.First);
            WaitFor(ring, place);
            Accumulator64x128 scores = WarpGroup.Wait(
                THead.StartScores<TElement>(Queries(ring, tile, consumer), HopperRing.Matrix(ring, place, THead.Dimension)), 0);
            FirstStep first = SoftmaxOfFirst(p, scores, ring, place, notes, mask, thread, scale);
            TileResult result = first.Result;
            LeftOperand64x128 probabilities = first.Probabilities;
            bool goesOn;
            do
            {
                int step = notes.First;
                bool accumulates = false;
                TOutput output = THead.Unset();

                // The values of the step before lie between the keys of the first two steps.
                place = Skip(ring, RingPlace.Next(place), step == 0 ? 0 : 1, thread);
                for (step++; step < notes.End; step++)
                {
                    RingPlace values = RingPlace.Next(place);
                    mask = StepMask.Load<TOptions>(p, masks, step);
                    WaitFor(ring, place);
                    Accumulator64x128 startedScores = THead.StartScores<TElement>(
                        Queries(ring, tile, consumer), HopperRing.Matrix(ring, place, THead.Dimension));
                    WaitFor(ring, values);
                    TOutput startedOutput = THead.StartOutput<TElement>(
                        output, probabilities, HopperRing.Matrix(ring, values, THead.Dimension), accumulates);
                    scores = WarpGroup.Wait(startedScores, 1);
                    scores = Prepare(p, scores, ring, place, notes, step, mask, thread);
                    TileResult maxima = Maxima(scores, scale);
                    bool rescales = WarpVote.Any(maxima.TopMax > result.TopMax + Headroom || maxima.BottomMax > result.BottomMax + Headroom);
                    float topRescale = 1;
                    float bottomRescale = 1;
                    if (rescales)
                    {
                        float topNew = IntrinsicMath.Max(result.TopMax, maxima.TopMax);
                        float bottomNew = IntrinsicMath.Max(result.BottomMax, maxima.BottomMax);
                        topRescale = FastMath.Exp2(result.TopMax - Reference(topNew));
                        bottomRescale = FastMath.Exp2(result.BottomMax - Reference(bottomNew));
                        result.TopMax = topNew;
                        result.BottomMax = bottomNew;
                    }

                    scores = Scores.Exp2(scores, scale, Reference(result.TopMax), Reference(result.BottomMax));
                    result.TopSum = result.TopSum * topRescale + Scores.SumTop(scores);
                    result.BottomSum = result.BottomSum * bottomRescale + Scores.SumBottom(scores);
                    output = THead.Wait(startedOutput, 0);
                    Release(HopperRing.Empty(ring, RingPlace.Stage(values)), thread);
                    if (rescales)
                        output = THead.Scale(output, topRescale, bottomRescale);

                    // Only now: the product that was waited for read its probabilities from these registers.
                    probabilities = Scores.Pack<TElement>(scores);
                    place = RingPlace.Next(values);
                    accumulates = true;
                }

                // The keys of the step after lie before the values of the last one.
                int behind = 2 * StepLayout.Steps(notes.Length) - 2 * step;
                place = Skip(ring, place, behind == 0 ? 0 : 1, thread);
                WaitFor(ring, place);
                TOutput lastOutput = THead.StartOutput<TElement>(
                    output, probabilities, HopperRing.Matrix(ring, place, THead.Dimension), accumulates);
                result = TileResult.For(p, result, TileNotes.Place(Notes(ring, tile, consumer)), thread);
                uint lastValues = HopperRing.Empty(ring, RingPlace.Stage(place));
                place = RingPlace.Next(place);

                // A word that took its list from the first step to the last will most likely find the next list's first keys here: their
                // product starts while this one runs. Else the values and what follows them must be let go before anything is waited for.
                bool overlaps = behind == 0 && notes.First == 0;
                if (!overlaps)
                {
                    THead.Wait(lastOutput, 0);
                    Release(lastValues, thread);
                    place = Skip(ring, place, behind == 0 ? 0 : behind - 1, thread);
                }

                notes = NextTile(ring, tile + 1, consumer);
                goesOn = notes.First < notes.End && notes.First <= LastFirstBeside;
                if (overlaps && (notes.First != 0 || !goesOn))
                {
                    THead.Wait(lastOutput, 0);
                    Release(lastValues, thread);
                    overlaps = false;
                }

                if (goesOn)
                {
                    place = Skip(ring, place, MatricesBefore(notes), thread);
                    masks = StepMask.Start(TileNotes.Place(Notes(ring, tile + 1, consumer)).MaskWord, thread);
                    mask = StepMask.Load<TOptions>(p, masks, notes.First);
                    WaitFor(ring, place);
                    Accumulator64x128 firstScores = THead.StartScores<TElement>(
                        Queries(ring, tile + 1, consumer), HopperRing.Matrix(ring, place, THead.Dimension));
                    output = THead.Wait(lastOutput, 1);
                    if (overlaps)
                        Release(lastValues, thread);
                    Store(p, ring, result, output, tile, consumer, thread);
                    scores = WarpGroup.Wait(firstScores, 0);
                    first = SoftmaxOfFirst(p, scores, ring, place, notes, mask, thread, scale);
                    result = first.Result;
                    probabilities = first.Probabilities;
                }
                else
                {
                    output = THead.Wait(lastOutput, 0);
                    Store(p, ring, result, output, tile, consumer, thread);
                }

                tile++;
            }
            while (goesOn);
        }
    }

    /// <summary>Matrices of a tile's list before the keys of its first step: those keys come before the values of the step before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int MatricesBefore(TileNotes notes) => notes.First == 0 ? 0 : 2 * notes.First - 1;

    /// <summary>The softmax of a tile's first step, of which only the product is done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FirstStep SoftmaxOfFirst(
        AttentionParameters p, Accumulator64x128 scores, HopperRing ring, RingPlace keys, TileNotes notes, StepMask mask, int thread, float scale)
    {
        scores = Prepare(p, scores, ring, keys, notes, notes.First, mask, thread);
        TileResult result = Maxima(scores, scale);
        scores = Scores.Exp2(scores, scale, Reference(result.TopMax), Reference(result.BottomMax));
        result.TopSum = Scores.SumTop(scores);
        result.BottomSum = Scores.SumBottom(scores);
        return new() { Result = result, Probabilities = Scores.Pack<TElement>(scores) };
    }

    /// <summary>The largest scores of the thread's rows, in powers of two; no sums yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileResult Maxima(Accumulator64x128 scores, float scale) => new()
    {
        TopMax = Scores.MaxOfRow(Scores.MaxTop(scores)) * scale,
        BottomMax = Scores.MaxOfRow(Scores.MaxBottom(scores)) * scale,
    };

    /// <summary>Stores the result of a tile by way of its queries' memory, and lets that go.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(AttentionParameters p, HopperRing ring, TileResult result, TOutput output, int tile, int consumer, int thread)
    {
        TileResult.Store<TElement, THead, TOutput>(p, result, output, Queries(ring, tile, consumer), thread);

        // Once a tile every thread can afford to speak for itself: it has read notes, and an order of plain reads and writes by way of a
        // warp barrier is one that race checkers do not follow.
        AsyncBarrier.Arrive(HopperRing.QueriesEmpty(ring, tile & 1));
    }

    /// <summary>Waits for a tile's queries.</summary>
    /// <returns>What there is to know of it, or that there is no such tile.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileNotes NextTile(HopperRing ring, int tile, int consumer)
    {
        AsyncBarrier.Wait(HopperRing.QueriesFull(ring, tile & 1), (tile >> 1) & 1);
        return TileNotes.Load<TOptions>(Notes(ring, tile, consumer));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Queries(HopperRing ring, int tile, int consumer) => HopperRing.Queries(ring, tile & 1, consumer, THead.Dimension);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Notes(HopperRing ring, int tile, int consumer) => HopperRing.Notes(ring, tile & 1, consumer);

    /// <summary>Adds biases, with the scale, lets the keys go, and hides what is not visible.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Accumulator64x128 Prepare(
        AttentionParameters p, Accumulator64x128 scores, HopperRing ring, RingPlace keys, TileNotes notes, int step, StepMask mask, int thread)
    {
        if (TOptions.HasBias)
            scores = Scores.AddBias(scores, p.ScaleLog2, PowersOfTwo.Log2OfE, HopperRing.Biases(ring, keys));
        Release(HopperRing.Empty(ring, RingPlace.Stage(keys)), thread);
        if (!TileNotes.IsWhole<TOptions>(notes, step))
        {
            if (!TOptions.HasMask)
                mask = StepMask.UpTo(TileNotes.Seen(notes, step), thread);
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
    private static void WaitFor(HopperRing ring, RingPlace place) => AsyncBarrier.Wait(
        HopperRing.Full(ring, RingPlace.Stage(place)), RingPlace.Parity(place));

    /// <summary>Lets matrices go that none of the consumer's slots needs.</summary>
    /// <returns>The next matrix.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RingPlace Skip(HopperRing ring, RingPlace place, int matrices, int thread)
    {
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            WaitFor(ring, place);
            Release(HopperRing.Empty(ring, RingPlace.Stage(place)), thread);
            place = RingPlace.Next(place);
        }

        return place;
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
