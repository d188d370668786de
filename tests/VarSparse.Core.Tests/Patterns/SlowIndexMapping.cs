using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>The formulas of cross-scale index mapping (SparVAR, arXiv 2602.04361) word by word, with sets and decimals.</summary>
internal static class SlowIndexMapping
{
    public static int NearestGroup(int group, int groups, int sourceGroups)
    {
        // round((g + 0.5) / G_k * G_S - 0.5), over a common denominator: a decimal holds no third.
        decimal place = ((2m * group + 1) * sourceGroups - groups) / (2m * groups);
        return Math.Clamp((int)Math.Round(place, MidpointRounding.ToEven), 0, sourceGroups - 1);
    }

    /// <summary>The group of the decision scale for a query of a later one; groups are runs, or tiles row by row.</summary>
    public static int DecisionGroup(int query, GridSize grid, GridSize decision, KeyMapOptions options)
    {
        if (options.RunLength is { } run)
            return NearestGroup(query / run, Groups(grid.TokenCount, run), Groups(decision.TokenCount, run));
        int row = NearestGroup(query / grid.Width / options.Tile.Height, Groups(grid.Height, options.Tile.Height), Groups(decision.Height, options.Tile.Height));
        int column = NearestGroup(query % grid.Width / options.Tile.Width, Groups(grid.Width, options.Tile.Width), Groups(decision.Width, options.Tile.Width));
        return row * Groups(decision.Width, options.Tile.Width) + column;
    }

    public static SortedSet<int> Keys(ScaleSchedule schedule, int decision, int scale, KeyMapOptions options, ReadOnlySpan<int> selected)
    {
        var keys = new SortedSet<int>();
        for (int sink = 0; sink < Math.Min(options.SinkScales, scale + 1); sink++)
            keys.UnionWith(Enumerable.Range(schedule.TokenOffset(sink), schedule[sink].TokenCount));
        foreach (int key in selected)
        {
            (int source, int u, int v) = schedule.Position(key);
            if (options.Alignment == KeyAlignment.Identity)
            {
                if (source <= scale)
                    keys.Add(key);
                continue;
            }

            int target = scale - (decision - source);
            if (target < 0)
                continue;
            int row = (int)Math.Floor((decimal)u * schedule[target].Height / schedule[source].Height);
            int column = (int)Math.Floor((decimal)v * schedule[target].Width / schedule[source].Width);
            keys.Add(schedule.Token(new TokenPosition(target, row, column)));
        }

        return keys;
    }

    private static int Groups(int extent, int size) => (int)Math.Ceiling((decimal)extent / size);
}
