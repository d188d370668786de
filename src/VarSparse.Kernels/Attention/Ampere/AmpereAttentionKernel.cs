using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Attention over a pattern with mma.sync, ldmatrix and cp.async, for sm_80 and everything later; 16-bit elements. A group takes one word
/// of 64 slots of a tile, 32 slots a warp, or 16 of long heads. Grid x counts the words of all tiles, y heads, z batch entries, so that
/// groups which run together read the same head's keys.
/// </summary>
/// <remarks>
/// Keys and values of a block of 32 are gathered into swizzled shared memory while the block before is computed. Groups are small, so that
/// several on a multiprocessor fill each other's gaps, and a word does not wait for another that sees more. Scores, weights and output stay
/// in registers: the accumulator layout of scores is the operand layout of weights.
/// </remarks>
internal static class AmpereAttentionKernel
{
    private const uint SignsOfTwo = 0x80008000;

    /// <typeparam name="TElement">bf16 or fp16.</typeparam>
    /// <typeparam name="TColumns">The columns of a head.</typeparam>
    /// <typeparam name="TOptions">Biases and mask.</typeparam>
    /// <param name="parameters">The problem.</param>
    public static void Run<TElement, TColumns, TOptions>(AttentionParameters parameters)
        where TElement : unmanaged, IMatrixElement
        where TColumns : unmanaged, IHeadColumns<TColumns>
        where TOptions : struct, IAttentionOptions
    {
        uint shared = SharedBytes.Base();
        int chunks = TColumns.Chunks, pitch = AmpereLayout.Pitch(chunks), valueStart = AmpereLayout.ValueStart(chunks);
        bool hasLower = AmpereLayout.RowTiles(chunks) == 2;
        uint lane = (uint)Group.IdxX & 31, warpRow = ((uint)Group.IdxX >> 5) * (uint)AmpereLayout.RowsPerWarp(chunks);
        int head = Grid.IdxY, batch = Grid.IdxZ;
        int tile = Grid.IdxX / parameters.WordsPerTile;
        WordKeys list = WordKeys.Of(parameters, batch, head, tile, Grid.IdxX - tile * parameters.WordsPerTile);
        WarpGather gather = WarpGather.Of(chunks, AmpereLayout.Threads(chunks));
        var rows = new KeyValueRows(
            new(parameters.Keys, batch * parameters.KeyBatchStride + head * parameters.KeyHeadStride, parameters.KeyTokenStride, gather.PieceBytes),
            new(parameters.Values, batch * parameters.ValueBatchStride + head * parameters.ValueHeadStride, parameters.ValueTokenStride, gather.PieceBytes),
            valueStart);

        // Copies and mask bits are a block ahead, indices of rows two.
        VisibleBlocks blocks = VisibleBlocks.First<TOptions>(parameters, list);
        uint index = list.Index(parameters, blocks.Block, gather.HeldRow);
        CopyQueries(parameters, gather, shared + (uint)AmpereLayout.QueryStart(chunks), batch, head, chunks);
        bool exists = blocks.Block < list.Blocks;
        BlockMask mask = default;
        if (exists)
        {
            CopyBlock<TOptions>(parameters, gather, index, rows, shared, 0, chunks);
            mask = BlockMask.Of<TOptions>(parameters, list, blocks.Block, warpRow * 2 + lane, hasLower);
        }

        AsyncCopy.Commit();
        blocks = VisibleBlocks.Next<TOptions>(parameters, blocks, list);
        index = list.Index(parameters, blocks.Block, gather.HeldRow);
        if (parameters.ScaleLog2 < 0)
            NegateQueries(shared + (uint)AmpereLayout.QueryStart(chunks), chunks);

        // With biases scores are brought to units of log2 before the maximum is taken; else the scale is part of the exponential.
        float scale = TOptions.HasBias ? 1 : PositiveScale(parameters);
        uint queryPlace = shared + (uint)AmpereLayout.QueryStart(chunks) + warpRow * (uint)pitch + RowSwizzle.RowsFirst(lane, pitch);
        TColumns output = default;
        WarpSoftmax softmax = WarpSoftmax.Empty;
        uint stage = 0;
        while (exists)
        {
            // The block has arrived for all, and the one before is used up.
            AsyncCopy.Wait(0);
            Group.Barrier();
            exists = blocks.Block < list.Blocks;
            BlockMask nextMask = default;
            if (exists)
            {
                CopyBlock<TOptions>(parameters, gather, index, rows, shared, stage ^ 1, chunks);
                nextMask = BlockMask.Of<TOptions>(parameters, list, blocks.Block, warpRow * 2 + lane, hasLower);
            }

            AsyncCopy.Commit();
            blocks = VisibleBlocks.Next<TOptions>(parameters, blocks, list);
            index = list.Index(parameters, blocks.Block, gather.HeldRow);

            uint keyTile = shared + stage * (uint)AmpereLayout.StageBytes(chunks);
            uint valuePlace = keyTile + (uint)valueStart + RowSwizzle.RowsFirst(lane, pitch);
            WarpScores scores = TColumns.AddScores<TElement>(default, queryPlace, keyTile + RowSwizzle.ColumnsFirst(lane, pitch), pitch, 0);
            if (TOptions.HasBias)
            {
                var change = new ScaleAndBias(PositiveScale(parameters), Biases(shared, stage, chunks) + (lane & 3) * (2 * sizeof(float)));
                scores = WarpScores.Map(scores, change, change, hasLower);
            }

            scores = BlockMask.Hide(mask, scores, hasLower);
            softmax = WarpSoftmax.Follow(softmax, scores, scale, hasLower, ref output);
            scores = WarpSoftmax.Weights(softmax, scores, scale, hasLower);
            softmax = WarpSoftmax.Add(softmax, scores, hasLower);
            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys0, scores.Lower.Keys0, valuePlace, 0);
            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys16, scores.Lower.Keys16, valuePlace, 16 * pitch);
            mask = nextMask;
            stage ^= 1;
        }

        RowPair upperTotals = SoftmaxRows.Totals(softmax.Upper), lowerTotals = SoftmaxRows.Totals(softmax.Lower);
        output = TColumns.Scale(output, SoftmaxRows.Inverse(upperTotals), SoftmaxRows.Inverse(lowerTotals));
        ulong slots = SlotAddress(parameters) + (warpRow + lane / 4) * (ulong)sizeof(int);
        OutputRows upperRows = OutputRows.Of(parameters, slots, batch, head, lane);
        OutputRows lowerRows = hasLower ? OutputRows.Of(parameters, slots + 16 * sizeof(int), batch, head, lane) : default;
        TColumns.Store<TElement>(output, upperRows, lowerRows, 0);
        StoreLogSumExp(parameters, slots, softmax.Upper, upperTotals, scale, batch, head, lane);
        if (hasLower)
            StoreLogSumExp(parameters, slots + 16 * sizeof(int), softmax.Lower, lowerTotals, scale, batch, head, lane);
    }

    private static TColumns AddProducts<TElement, TColumns>(TColumns sum, AccumulatorPair upper, AccumulatorPair lower, uint values, int firstKey)
        where TElement : unmanaged, IMatrixElement
        where TColumns : unmanaged, IHeadColumns<TColumns> => TColumns.AddProducts<TElement>(
        sum, new WarpWeights(AccumulatorPair.ToOperand<TElement>(upper), AccumulatorPair.ToOperand<TElement>(lower)), values, firstKey, 0);

    /// <summary>The scale for queries that are negated where it is negative. Not zero, so that hidden scores stay at minus infinity.</summary>
    private static float PositiveScale(AttentionParameters parameters)
    {
        const float SmallestNormal = 1.17549435e-38f;
        return Math.Max(Math.Abs(parameters.ScaleLog2), SmallestNormal);
    }

    /// <summary>Starts the copies of a block's keys, values and biases.</summary>
    private static void CopyBlock<TOptions>(
        AttentionParameters parameters, WarpGather gather, uint index, KeyValueRows rows, uint shared, uint stage, int chunks)
        where TOptions : struct, IAttentionOptions
    {
        WarpGather.Start(gather, index, rows, shared + stage * (uint)AmpereLayout.StageBytes(chunks), chunks, AmpereLayout.Threads(chunks));
        if (TOptions.HasBias && WarpGather.IsFirstHolder(chunks, AmpereLayout.Threads(chunks)))
        {
            AsyncCopy.Copy4(
                Biases(shared, stage, chunks) + gather.HeldRow * sizeof(float),
                FastMath.MultiplyAddWide(index, sizeof(float), parameters.KeyBias));
        }
    }

    private static uint Biases(uint shared, uint stage, int chunks) =>
        shared + (uint)AmpereLayout.BiasStart(chunks) + stage * (AmpereLayout.KeysPerBlock * sizeof(float));

    /// <summary>Starts the copies of the word's queries, as many at a time as a block has keys. Slots without one get any.</summary>
    private static void CopyQueries(AttentionParameters parameters, WarpGather gather, uint target, int batch, int head, int chunks)
    {
        var rows = new TensorRows(
            parameters.Queries, batch * parameters.QueryBatchStride + head * parameters.QueryHeadStride, parameters.QueryTokenStride, gather.PieceBytes);
        ulong slots = SlotAddress(parameters) + gather.HeldRow * (ulong)sizeof(int);
        int first = (int)GlobalBytes.Load4(slots), second = (int)GlobalBytes.Load4(slots + AmpereLayout.KeysPerBlock * sizeof(int));
        WarpGather.Start(gather, (uint)Math.Max(first, 0), rows, target, chunks, AmpereLayout.Threads(chunks));
        WarpGather.Start(gather, (uint)Math.Max(second, 0), rows, target + (uint)AmpereLayout.TileBytes(chunks) / 2, chunks, AmpereLayout.Threads(chunks));
    }

    /// <summary>Turns a negative scale into a positive one, so that the largest score has the largest weight.</summary>
    private static void NegateQueries(uint target, int chunks)
    {
        AsyncCopy.Wait(0);
        Group.Barrier();
        for (uint place = (uint)Group.IdxX * 16; place < AmpereLayout.TileBytes(chunks); place += (uint)AmpereLayout.Threads(chunks) * 16)
        {
            Bytes16 eight = SharedBytes.Load16(target + place);
            SharedBytes.Store16(
                target + place,
                new Bytes16(eight.W0 ^ SignsOfTwo, eight.W1 ^ SignsOfTwo, eight.W2 ^ SignsOfTwo, eight.W3 ^ SignsOfTwo));
        }
    }

    private static void StoreLogSumExp(
        AttentionParameters parameters, ulong slots, SoftmaxRows rows, RowPair totals, float scale, int batch, int head, uint lane)
    {
        if (parameters.LogSumExp == 0 || (lane & 3) != 0)
            return;
        int top = (int)GlobalBytes.Load4(slots), bottom = (int)GlobalBytes.Load4(slots + 8 * sizeof(int));
        ulong sums = parameters.LogSumExp + (ulong)(((long)batch * parameters.Heads + head) * parameters.QueryCount) * sizeof(float);
        if (top >= 0)
            GlobalBytes.Store4(sums + (uint)top * (ulong)sizeof(float), Interop.FloatAsInt(SoftmaxRows.LogSumExp(totals.Top, rows.Reference.Top, scale)));
        if (bottom >= 0)
            GlobalBytes.Store4(sums + (uint)bottom * (ulong)sizeof(float), Interop.FloatAsInt(SoftmaxRows.LogSumExp(totals.Bottom, rows.Reference.Bottom, scale)));
    }

    /// <summary>Global address of the word's slots; words of all tiles follow each other.</summary>
    private static ulong SlotAddress(AttentionParameters parameters) =>
        parameters.SlotQueries + (ulong)Grid.IdxX * (MaskFragment.Side * sizeof(int));
}
