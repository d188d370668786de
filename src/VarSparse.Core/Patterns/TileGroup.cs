namespace VarSparse.Patterns;

/// <summary>Old tiles that become one.</summary>
internal sealed class TileGroup
{
    public List<int> Tiles { get; } = [];

    public int QueryCount { get; set; }
}
