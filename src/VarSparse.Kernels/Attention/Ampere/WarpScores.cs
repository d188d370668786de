namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A lane's share of the scores of a warp's slots and 32 keys, 16 slots a field; of 16 slots only the upper ones count.</summary>
internal struct WarpScores
{
    public BlockScores Upper;
    public BlockScores Lower;

    /// <summary>Changes the upper scores, and the lower ones where there are any.</summary>
    public static WarpScores Map<TChange>(WarpScores scores, TChange upper, TChange lower, bool hasLower)
        where TChange : struct, ITileChange
    {
        scores.Upper = BlockScores.Map(scores.Upper, upper);
        if (hasLower)
            scores.Lower = BlockScores.Map(scores.Lower, lower);
        return scores;
    }
}
