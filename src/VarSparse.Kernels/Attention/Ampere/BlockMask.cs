using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>What a lane's slots see of a block: read a block ahead.</summary>
internal struct BlockMask
{
    private bool _isPartial;
    private uint _upper;
    private uint _lower;

    /// <param name="parameters">The problem.</param>
    /// <param name="list">The word's keys.</param>
    /// <param name="blocks">The block.</param>
    /// <param name="thread">The thread of the <see cref="MaskFragment"/> that has the lane's upper slots.</param>
    /// <param name="hasLower">Whether the lane has lower slots.</param>
    public static BlockMask Of<TOptions>(AttentionParameters parameters, WordKeys list, VisibleBlocks blocks, uint thread, bool hasLower)
        where TOptions : struct, IAttentionOptions
    {
        var mask = new BlockMask { _isPartial = blocks.IsPartial };
        if (blocks.IsPartial)
        {
            mask._upper = list.Mask<TOptions>(parameters, blocks.Block, thread);
            if (hasLower)
                mask._lower = list.Mask<TOptions>(parameters, blocks.Block, thread + 32);
        }

        return mask;
    }

    /// <summary>The scores with minus infinity where a slot does not see a key.</summary>
    public static WarpScores Hide(BlockMask mask, WarpScores scores, bool hasLower)
    {
        if (mask._isPartial)
        {
            scores.Upper = BlockScores.Map(scores.Upper, new HideMasked(mask._upper));
            if (hasLower)
                scores.Lower = BlockScores.Map(scores.Lower, new HideMasked(mask._lower));
        }

        return scores;
    }
}
