namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// What a lane's slots see of a block. It is read a block ahead, and not touched before it is needed, which would wait for it. Whole blocks
/// have one too: scores that may have been masked or not would be copied where the ways meet.
/// </summary>
internal struct BlockMask
{
    private int _shift;
    private uint _upper;
    private uint _lower;

    /// <param name="parameters">The problem.</param>
    /// <param name="list">The word's keys.</param>
    /// <param name="block">The block.</param>
    /// <param name="thread">The thread of the <see cref="MaskFragment"/> that has the lane's upper slots.</param>
    /// <param name="hasLower">Whether the lane has lower slots.</param>
    public static BlockMask Of<TOptions>(AttentionParameters parameters, WordKeys list, int block, uint thread, bool hasLower)
        where TOptions : struct, IAttentionOptions => new()
        {
            _shift = WordKeys.MaskShift<TOptions>(block),
            _upper = list.Mask<TOptions>(parameters, block, thread),
            _lower = hasLower ? list.Mask<TOptions>(parameters, block, thread + 32) : 0,
        };

    /// <summary>The scores with minus infinity where a slot does not see a key.</summary>
    public static WarpScores Hide(BlockMask mask, WarpScores scores, bool hasLower) => WarpScores.Map(
        scores, new HideMasked(mask._upper >> mask._shift), new HideMasked(mask._lower >> mask._shift), hasLower);
}
