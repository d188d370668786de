using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Attention over a pattern with mma.sync, ldmatrix and cp.async, for sm_80 and everything later; 16-bit elements. A group takes one word
/// of 64 slots of a tile, 32 slots a warp, or 16 of long heads. Grid x counts the words of all tiles, y heads, z batch entries, so that
/// groups which run together read the same head's keys.
/// </summary>
/// <remarks>
/// Keys and values of a block of 64 take turns: values are gathered while scores are computed, the next block's keys while the values are
/// used. Groups are small, so that several on a multiprocessor fill each other's gaps, and a word does not wait for another that sees more.
/// Scores, weights and output stay in registers: the accumulator layout of scores is the operand layout of weights.
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
        int valueStart = AmpereLayout.ValueStart(TColumns.Chunks), queryStart = AmpereLayout.QueryStart(TColumns.Chunks);
        int pitch = AmpereLayout.Pitch(TColumns.Chunks), rows = AmpereLayout.RowsPerWarp(TColumns.Chunks);
        bool hasLower = AmpereLayout.RowTiles(TColumns.Chunks) == 2;
        uint lane = (uint)Group.IdxX & 31, warpRow = ((uint)Group.IdxX >> 5) * (uint)rows;
        int head = Grid.IdxY, batch = Grid.IdxZ;
        int tile = Grid.IdxX / parameters.WordsPerTile;
        WordKeys list = WordKeys.Of(parameters, batch, head, tile, Grid.IdxX - tile * parameters.WordsPerTile);
        WarpGather gather = WarpGather.Of(shared, TColumns.Chunks, rows);
        ulong keys = gather.PieceBytes + parameters.Keys + (ulong)(batch * parameters.KeyBatchStride + head * parameters.KeyHeadStride) * sizeof(ushort);
        ulong values = gather.PieceBytes + parameters.Values + (ulong)(batch * parameters.ValueBatchStride + head * parameters.ValueHeadStride) * sizeof(ushort);
        uint keyBytes = (uint)parameters.KeyTokenStride * sizeof(ushort), valueBytes = (uint)parameters.ValueTokenStride * sizeof(ushort);

        CopyQueries(parameters, gather, queryStart, batch, head, TColumns.Chunks);
        VisibleBlocks blocks = VisibleBlocks.First<TOptions>(parameters, list);
        uint index = 0;
        if (blocks.Block < list.Blocks)
        {
            index = list.Index(parameters, blocks.Block, gather.HeldRow);
            WarpGather.Start(gather, index, keys, keyBytes, 0, TColumns.Chunks, rows);
        }

        AsyncCopy.Commit();
        if (parameters.ScaleLog2 < 0)
            NegateQueries(shared + (uint)queryStart, TColumns.Chunks);

        // With biases scores are brought to units of log2 before the maximum is taken; else the scale is part of the exponential.
        float scale = TOptions.HasBias ? 1 : PositiveScale(parameters);
        uint place = shared + RowSwizzle.LaneOffset(lane, pitch);
        uint queryPlace = place + (uint)queryStart + warpRow * (uint)pitch;
        uint biases = shared + (uint)AmpereLayout.BiasStart(TColumns.Chunks), masks = shared + (uint)AmpereLayout.MaskStart(TColumns.Chunks);
        TColumns output = default;
        SoftmaxRows upper = SoftmaxRows.Empty, lower = SoftmaxRows.Empty;
        while (blocks.Block < list.Blocks)
        {
            // The block's keys have arrived for all, and the values before are used up.
            AsyncCopy.Wait(0);
            Group.Barrier();
            WarpGather.Start(gather, index, values, valueBytes, valueStart, TColumns.Chunks, rows);
            bool isFull = blocks.IsFull;
            if (TOptions.HasMask && !isFull && Group.IdxX < MaskFragment.Threads / 4)
                AsyncCopy.Copy16(masks + (uint)Group.IdxX * 16, list.Fragment(parameters, blocks.Block) + (uint)Group.IdxX * 16);
            if (TOptions.HasBias && Group.IdxX < AmpereLayout.KeysPerBlock)
                CopyBias(parameters, list, blocks.Block, biases + (uint)Group.IdxX * sizeof(float));
            AsyncCopy.Commit();
            int block = blocks.Block;
            blocks = VisibleBlocks.Next<TOptions>(parameters, blocks, list);
            bool isLast = blocks.Block >= list.Blocks;
            if (!isLast)
                index = list.Index(parameters, blocks.Block, gather.HeldRow);
            WarpScores scores = TColumns.AddScores<TElement>(default, queryPlace, place, pitch, 0);

            // The values have arrived for all, and the keys are used up.
            AsyncCopy.Wait(0);
            Group.Barrier();
            if (!isLast)
                WarpGather.Start(gather, index, keys, keyBytes, 0, TColumns.Chunks, rows);
            AsyncCopy.Commit();

            if (TOptions.HasBias)
            {
                var change = new ScaleAndBias(PositiveScale(parameters), biases + (lane & 3) * (2 * sizeof(float)));
                scores.Upper = BlockScores.Map(scores.Upper, change);
                if (hasLower)
                    scores.Lower = BlockScores.Map(scores.Lower, change);
            }

            if (!isFull)
            {
                uint mask = masks + (warpRow * 2 + lane) * sizeof(uint);
                scores.Upper = BlockScores.Map(scores.Upper, new HideMasked(TOptions.HasMask ? SharedBytes.Load4(mask) : list.MaskOfEnd(block)));
                if (hasLower)
                    scores.Lower = BlockScores.Map(scores.Lower, new HideMasked(TOptions.HasMask ? SharedBytes.Load4(mask + 32 * sizeof(uint)) : list.MaskOfEnd(block)));
            }

            RowPair upperMaxima = SoftmaxRows.Maxima(scores.Upper);
            RowPair lowerMaxima = hasLower ? SoftmaxRows.Maxima(scores.Lower) : default;
            if (WarpVote.Any(SoftmaxRows.IsOutgrown(upper, upperMaxima, scale) || (hasLower && SoftmaxRows.IsOutgrown(lower, lowerMaxima, scale))))
            {
                RowPair upperFactors = SoftmaxRows.Factors(upper, upperMaxima, scale);
                RowPair lowerFactors = hasLower ? SoftmaxRows.Factors(lower, lowerMaxima, scale) : default;
                upper = SoftmaxRows.Rescale(upper, upperMaxima, upperFactors);
                if (hasLower)
                    lower = SoftmaxRows.Rescale(lower, lowerMaxima, lowerFactors);
                output = TColumns.Scale(output, upperFactors, lowerFactors);
            }

            scores.Upper = BlockScores.Map(scores.Upper, SoftmaxRows.Weights(upper, scale));
            upper = SoftmaxRows.Add(upper, scores.Upper);
            if (hasLower)
            {
                scores.Lower = BlockScores.Map(scores.Lower, SoftmaxRows.Weights(lower, scale));
                lower = SoftmaxRows.Add(lower, scores.Lower);
            }

            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys0, scores.Lower.Keys0, place, valueStart);
            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys16, scores.Lower.Keys16, place, valueStart + 16 * pitch);
            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys32, scores.Lower.Keys32, place, valueStart + 32 * pitch);
            output = AddProducts<TElement, TColumns>(output, scores.Upper.Keys48, scores.Lower.Keys48, place, valueStart + 48 * pitch);
        }

        RowPair upperTotals = SoftmaxRows.Totals(upper), lowerTotals = SoftmaxRows.Totals(lower);
        output = TColumns.Scale(output, SoftmaxRows.Inverse(upperTotals), SoftmaxRows.Inverse(lowerTotals));
        ulong slots = SlotAddress(parameters) + (warpRow + lane / 4) * (ulong)sizeof(int);
        OutputRows upperRows = OutputRows.Of(parameters, slots, batch, head, lane);
        OutputRows lowerRows = hasLower ? OutputRows.Of(parameters, slots + 16 * sizeof(int), batch, head, lane) : default;
        TColumns.Store<TElement>(output, upperRows, lowerRows, 0);
        StoreLogSumExp(parameters, slots, upper, upperTotals, scale, batch, head, lane);
        if (hasLower)
            StoreLogSumExp(parameters, slots + 16 * sizeof(int), lower, lowerTotals, scale, batch, head, lane);
    }

    private static TColumns AddProducts<TElement, TColumns>(TColumns sum, AccumulatorPair upper, AccumulatorPair lower, uint values, int firstKey)
        where TElement : unmanaged, IMatrixElement
        where TColumns : unmanaged, IHeadColumns<TColumns> => TColumns.AddProducts<TElement>(
        sum, new WarpWeights(AccumulatorPair.ToOperand<TElement>(upper), AccumulatorPair.ToOperand<TElement>(lower)), values, firstKey, 0);

    private static float PositiveScale(AttentionParameters parameters)
    {
        const float SmallestNormal = 1.17549435e-38f;
        return Math.Max(Math.Abs(parameters.ScaleLog2), SmallestNormal);
    }

    /// <summary>Starts the copy of a key's bias.</summary>
    private static void CopyBias(AttentionParameters parameters, WordKeys list, int block, uint place) => AsyncCopy.Copy4(
        place, FastMath.MultiplyAddWide(list.Index(parameters, block, (uint)Group.IdxX), sizeof(float), parameters.KeyBias));

    /// <summary>Starts the copies of the word's queries. Slots without one get any.</summary>
    private static void CopyQueries(AttentionParameters parameters, WarpGather gather, int target, int batch, int head, int chunks)
    {
        int query = (int)GlobalBytes.Load4(SlotAddress(parameters) + gather.HeldRow * (ulong)sizeof(int));
        ulong queries = gather.PieceBytes + parameters.Queries + (ulong)(batch * parameters.QueryBatchStride + head * parameters.QueryHeadStride) * sizeof(ushort);
        WarpGather.Start(
            gather, (uint)Math.Max(query, 0), queries, (uint)parameters.QueryTokenStride * sizeof(ushort), target, chunks, AmpereLayout.RowsPerWarp(chunks));
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
