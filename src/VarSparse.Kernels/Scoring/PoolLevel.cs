namespace VarSparse.Kernels.Scoring;

/// <summary>Where the blocks of a level lie among all: the host divides, as kernels do so slowly.</summary>
internal struct PoolLevel
{
    /// <summary>Index of the level's first block.</summary>
    public int First;

    /// <summary>Blocks in a row of the grid.</summary>
    public int Columns;
}
