namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A lane's share of the scores of a warp's slots and 64 keys, 16 slots a field; of 16 slots only the upper ones count.</summary>
internal struct WarpScores
{
    public BlockScores Upper;
    public BlockScores Lower;
}
