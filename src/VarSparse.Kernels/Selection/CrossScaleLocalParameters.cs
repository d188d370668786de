using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Selection;

/// <summary>What <see cref="CrossScaleLocalKernel"/> is given. Pointers are device addresses; the arrays are those of <see cref="AttentionParameters"/>.</summary>
internal struct CrossScaleLocalParameters
{
    /// <summary>int32 [source, 4]: first token, height, width, and the window's radius or -1 for a grid that is seen whole.</summary>
    public ulong Sources;

    public ulong SlotQueries;
    public ulong KeyIndices;
    public ulong ListRanges;
    public ulong ListOfTile;

    /// <summary>0 where whole tiles are seen; so are the next two.</summary>
    public ulong StepRanges;

    public ulong BlockStates;
    public ulong MaskFragments;

    public TileGrid Tiles;
    public int SourceCount;

    /// <summary>Steps of <see cref="StepLayout.KeysPerStep"/> keys that every list has room for.</summary>
    public int StepsPerList;

    /// <summary>Rows and columns of sources that any tile sees, at most, and one more.</summary>
    public int LinesPerTile;

    /// <summary>Groups that write the steps of a list.</summary>
    public int PartsPerList;
}
