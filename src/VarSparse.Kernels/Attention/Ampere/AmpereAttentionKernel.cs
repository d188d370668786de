using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Attention over a pattern with mma.sync, ldmatrix and cp.async, for sm_80 and everything later; 16-bit elements. A group takes one
/// or two words of 64 slots of a tile; four warps a word, 16 slots a warp. Grid x counts words (or pairs) of all tiles, y heads, z
/// batch entries, so that groups which run together read the same head's keys.
/// </summary>
/// <remarks>
/// Keys and values of a block of 64 are gathered into swizzled shared memory while the block before is computed. Scores, weights and
/// output stay in registers: the accumulator layout of scores is the operand layout of weights.
/// </remarks>
internal static class AmpereAttentionKernel
{
    /// <typeparam name="TElement">bf16 or fp16.</typeparam>
    /// <typeparam name="TQuery">The queries of a warp; its columns are the head dimension.</typeparam>
    /// <typeparam name="TOutput">The output of a warp, as many columns.</typeparam>
    /// <typeparam name="TTiling">Words and stages.</typeparam>
    /// <param name="parameters">The problem.</param>
    public static void Run<TElement, TQuery, TOutput, TTiling>(AttentionParameters parameters)
        where TElement : unmanaged, IMatrixElement
        where TQuery : unmanaged, IQueryFragments<TQuery>
        where TOutput : unmanaged, IOutputColumns<TOutput>
        where TTiling : unmanaged, IAmpereTiling
    {
        uint shared = SharedBytes.Base();
        int pitch = AmpereLayout.Pitch(TOutput.Chunks);
        int thread = Group.IdxX;
        uint lane = (uint)thread % 32;
        int groupsPerTile = (parameters.WordsPerTile + TTiling.Words - 1) / TTiling.Words;
        int tile = Grid.IdxX / groupsPerTile;
        int firstWord = Grid.IdxX % groupsPerTile * TTiling.Words;
        int word = firstWord + thread / AmpereLayout.ThreadsPerWord;
        int head = Grid.IdxY;
        int batch = Grid.IdxZ;
        var pipeline = new BlockPipeline<TOutput, TTiling>
        {
            Blocks = KeyBlocks.Of(parameters, batch, head, tile, firstWord),
            Keys = new RowCopy(
                parameters.Keys, batch * parameters.KeyBatchStride + head * parameters.KeyHeadStride, parameters.KeyTokenStride, TOutput.Chunks),
            Values = new RowCopy(
                parameters.Values, batch * parameters.ValueBatchStride + head * parameters.ValueHeadStride, parameters.ValueTokenStride, TOutput.Chunks),
            KeyBias = parameters.KeyBias,
            Stages = shared,
            Headers = shared + (uint)AmpereLayout.HeaderStart(TOutput.Chunks, TTiling.Words, TTiling.Stages, TTiling.QueriesInRegisters),
        };

        // With a bias, or a scale that would turn the order of scores around, scores are brought to units of log2 before the maximum is
        // taken; else the scale is part of the exponential.
        bool scaledFirst = parameters.KeyBias != 0 || parameters.ScaleLog2 <= 0;
        float scale = scaledFirst ? 1 : parameters.ScaleLog2;

        for (int block = 0; block <= BlockPipeline<TOutput, TTiling>.Lookahead; block++)
            pipeline.StoreHeader(block, pipeline.FetchHeader(block));
        uint queryTile = shared + (uint)AmpereLayout.QueryStart(TOutput.Chunks, TTiling.Stages, TTiling.QueriesInRegisters);
        CopyQueries<TOutput, TTiling>(parameters, queryTile, batch, head, tile, firstWord);
        Group.Barrier();
        for (int block = 0; block < BlockPipeline<TOutput, TTiling>.Lookahead; block++)
        {
            if (TTiling.Stages == 1)
                pipeline.CopyKeys(block);
            else
                pipeline.CopyKeysAndValues(block);
            if (scaledFirst)
                pipeline.StoreBias(block, pipeline.FetchBias(block));
            AsyncCopy.Commit();
        }

        AsyncCopy.Wait(0);
        Group.Barrier();
        uint warpRows = (uint)(thread / 32 * 16 * pitch);
        TQuery queries = TQuery.Load(queryTile + warpRows + RowSwizzle.RowsFirst(lane, pitch), 0);
        TOutput output = default;
        SoftmaxRows rows = SoftmaxRows.Empty;

        for (int block = 0; block < pipeline.Blocks.Count; block++)
        {
            int ahead = block + BlockPipeline<TOutput, TTiling>.Lookahead;

            // This block has arrived for all, and the one before is used up: its place is free.
            AsyncCopy.Wait(TTiling.PendingCopies);
            Group.Barrier();
            if (TTiling.Stages == 1)
                pipeline.CopyValues(block);
            else
                pipeline.CopyKeysAndValues(ahead);
            AsyncCopy.Commit();
            uint nextHeader = pipeline.FetchHeader(ahead + 1);
            float nextBias = scaledFirst ? pipeline.FetchBias(ahead) : 0;

            uint header = pipeline.Header(block);
            uint state = SharedBytes.Load4(header + AmpereLayout.HeaderStates + (uint)(word - firstWord) * sizeof(int));
            uint mask = state == BlockState.Partial ? pipeline.Blocks.MaskWord(block, word, thread) : uint.MaxValue;
            BlockScores scores = default;
            if (state != BlockState.Hidden)
                scores = TQuery.AddScores<TElement>(scores, queries, pipeline.KeyTile(block) + RowSwizzle.ColumnsFirst(lane, pitch), pitch, 0);
            if (TTiling.Stages == 1)
            {
                AsyncCopy.Wait(0);
                Group.Barrier();
                pipeline.CopyKeys(ahead);
                AsyncCopy.Commit();
            }

            if (state != BlockState.Hidden)
            {
                if (scaledFirst)
                {
                    uint biases = header + AmpereLayout.HeaderBiases + lane % 4 * (2 * sizeof(float));
                    scores = BlockScores.Map(scores, new ScaleAndBias(parameters.ScaleLog2, biases));
                }

                if (state == BlockState.Partial)
                    scores = BlockScores.Map(scores, new HideMasked(mask));
                float top = SoftmaxRows.RowMaximum(BlockScores.TopMaximum(scores));
                float bottom = SoftmaxRows.RowMaximum(BlockScores.BottomMaximum(scores));
                if (SoftmaxRows.IsOutgrown(rows.TopReference, top, scale) || SoftmaxRows.IsOutgrown(rows.BottomReference, bottom, scale))
                {
                    top = Math.Max(top, rows.TopReference);
                    bottom = Math.Max(bottom, rows.BottomReference);
                    float topFactor = SoftmaxRows.Factor(rows.TopReference, top, scale);
                    float bottomFactor = SoftmaxRows.Factor(rows.BottomReference, bottom, scale);
                    output = TOutput.Scale(output, topFactor, bottomFactor);
                    rows.TopSum *= topFactor;
                    rows.BottomSum *= bottomFactor;
                    rows.TopReference = top;
                    rows.BottomReference = bottom;
                }

                var exponential = new Exponential(
                    scale, SoftmaxRows.Offset(rows.TopReference, scale), SoftmaxRows.Offset(rows.BottomReference, scale));
                uint values = pipeline.ValueTile(block) + RowSwizzle.RowsFirst(lane, pitch);
                scores = BlockScores.Map(scores, exponential);
                rows.TopSum += BlockScores.TopSum(scores);
                rows.BottomSum += BlockScores.BottomSum(scores);
                output = TOutput.AddProducts<TElement>(output, AccumulatorPair.ToOperand<TElement>(scores.Keys0), values, 0, 0);
                output = TOutput.AddProducts<TElement>(output, AccumulatorPair.ToOperand<TElement>(scores.Keys16), values, 16 * pitch, 0);
                output = TOutput.AddProducts<TElement>(output, AccumulatorPair.ToOperand<TElement>(scores.Keys32), values, 32 * pitch, 0);
                output = TOutput.AddProducts<TElement>(output, AccumulatorPair.ToOperand<TElement>(scores.Keys48), values, 48 * pitch, 0);
            }

            pipeline.StoreHeader(ahead + 1, nextHeader);
            if (scaledFirst)
                pipeline.StoreBias(ahead, nextBias);
        }

        StoreRows<TElement, TOutput>(parameters, output, rows, scale, batch, head, tile, word);
    }

    private static void CopyQueries<TOutput, TTiling>(
        AttentionParameters parameters, uint target, int batch, int head, int tile, int firstWord)
        where TOutput : unmanaged, IOutputColumns<TOutput>
        where TTiling : unmanaged, IAmpereTiling
    {
        if (!RowCopy.HasPiece(TOutput.Chunks))
            return;
        var copy = new RowCopy(
            parameters.Queries, batch * parameters.QueryBatchStride + head * parameters.QueryHeadStride, parameters.QueryTokenStride, TOutput.Chunks);
        ulong slots = SlotAddress(parameters, tile, firstWord);
        for (uint four = RowCopy.FirstFour(TOutput.Chunks);
            four < TTiling.Words * MaskFragment.Side / 4;
            four += RowCopy.FoursPerPass(TOutput.Chunks, TTiling.Words))
        {
            // A tile with an odd number of words leaves the last group's second one empty.
            bool exists = firstWord + (int)(four * 4 / MaskFragment.Side) < parameters.WordsPerTile;
            Bytes16 queries = exists
                ? GlobalBytes.Load16(slots + four * 16)
                : new Bytes16(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue);
            copy.Start(target, four, queries, TOutput.Chunks);
        }
    }

    private static void StoreRows<TElement, TOutput>(
        AttentionParameters parameters, TOutput output, SoftmaxRows rows, float scale, int batch, int head, int tile, int word)
        where TElement : unmanaged, IMatrixElement
        where TOutput : unmanaged, IOutputColumns<TOutput>
    {
        float topTotal = SoftmaxRows.RowTotal(rows.TopSum);
        float bottomTotal = SoftmaxRows.RowTotal(rows.BottomSum);
        if (word >= parameters.WordsPerTile)
            return;
        uint lane = (uint)Group.IdxX % 32;
        uint slot = (uint)(Group.IdxX % AmpereLayout.ThreadsPerWord) / 32 * 16 + lane / 4;
        ulong slots = SlotAddress(parameters, tile, word) + slot * (ulong)sizeof(int);
        int topQuery = (int)GlobalBytes.Load4(slots);
        int bottomQuery = (int)GlobalBytes.Load4(slots + 8 * sizeof(int));
        ulong target = parameters.Output + lane % 4 * 4
            + (ulong)(batch * parameters.OutputBatchStride + head * parameters.OutputHeadStride) * sizeof(ushort);
        ulong rowBytes = (ulong)parameters.OutputTokenStride * sizeof(ushort);
        output = TOutput.Scale(output, SoftmaxRows.Inverse(topTotal), SoftmaxRows.Inverse(bottomTotal));
        TOutput.Store<TElement>(
            output,
            new OutputRows(
                topQuery < 0 ? 0 : target + (uint)topQuery * rowBytes,
                bottomQuery < 0 ? 0 : target + (uint)bottomQuery * rowBytes),
            0);
        if (parameters.LogSumExp == 0 || lane % 4 != 0)
            return;
        ulong sums = parameters.LogSumExp + (ulong)(((long)batch * parameters.Heads + head) * parameters.QueryCount) * sizeof(float);
        if (topQuery >= 0)
            GlobalBytes.Store4(sums + (uint)topQuery * (ulong)sizeof(float), Interop.FloatAsInt(SoftmaxRows.LogSumExp(topTotal, rows.TopReference, scale)));
        if (bottomQuery >= 0)
            GlobalBytes.Store4(sums + (uint)bottomQuery * (ulong)sizeof(float), Interop.FloatAsInt(SoftmaxRows.LogSumExp(bottomTotal, rows.BottomReference, scale)));
    }

    private static ulong SlotAddress(AttentionParameters parameters, int tile, int word) =>
        parameters.SlotQueries + (ulong)((long)tile * parameters.WordsPerTile + word) * (MaskFragment.Side * sizeof(int));
}
