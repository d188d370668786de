using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Samples.QuickStart.Picture;

/// <summary>What the picture shows: a pattern, expanded, and where it comes from.</summary>
internal sealed class PatternView(ScaleSchedule schedule, int queryScale, CrossScaleLocalOptions options, SparsePattern pattern)
{
    public ScaleSchedule Schedule => schedule;

    public int QueryScale => queryScale;

    public GridSize QueryGrid => schedule[queryScale];

    public CrossScaleLocalOptions Options => options;

    public SparsePattern Pattern => pattern;

    /// <summary>[queries, keys]: true where the query sees the key.</summary>
    public bool[,] Mask { get; } = pattern.ToDenseMask();

    /// <summary>The query that the right half explains: the middle of a tile near the middle of the image.</summary>
    public TokenPosition ExampleQuery => new(
        queryScale, MiddleOfTile(QueryGrid.Height, options.Tile.Height), MiddleOfTile(QueryGrid.Width, options.Tile.Width));

    public int Query(TokenPosition position) => schedule.Token(position) - schedule.TokenOffset(queryScale);

    public int KeysSeenBy(int query) => Enumerable.Range(0, pattern.KeyCount).Count(key => Mask[query, key]);

    public bool IsSink(int scale) => scale < options.SinkScales;

    private static int MiddleOfTile(int extent, int tile) => Math.Min(extent / 2 / tile * tile + tile / 2, extent - 1);

    /// <summary>"7×7" for a window that reaches three keys to each side, "all" for a sink, "–" for nothing of that scale.</summary>
    public string Reach(int scale)
    {
        int window = options.Windows![scale];
        int side = 2 * (window / 2) + 1;
        return IsSink(scale) ? "all" : window < 0 ? "–" : $"{side}×{side}";
    }
}
