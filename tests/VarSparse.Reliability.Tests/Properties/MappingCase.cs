using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

/// <summary>Two scales of a random schedule of rectangles, in any order of size, and random lists of the decision scale, some of them empty.</summary>
internal sealed record MappingCase(ScaleSchedule Schedule, int Decision, int Scale, KeyMapOptions Options, SparsePattern Selection)
{
    public static MappingCase Next(Random random)
    {
        ScaleSchedule schedule = SmallPatterns.Schedule(random, random.Next(1, 6), 9);
        int decision = random.Next(schedule.Count);
        var options = new KeyMapOptions
        {
            Alignment = random.Next(2) == 0 ? KeyAlignment.Identity : KeyAlignment.Relative,
            SinkScales = random.Next(schedule.Count + 2),
            LocalMargin = random.Next(2) == 0 ? null : random.Next(3),
            Tile = new TileShape(random.Next(1, 7), random.Next(1, 7)),
            RunLength = random.Next(3) == 0 ? random.Next(1, 40) : null,
        };
        QueryTiles tiles = options.TilesOf(schedule[decision]);
        SparsePattern selection = SmallPatterns.Lists(random, tiles, schedule.TokensThrough(decision), random.Next(1, 4), random.Next(1, 3));
        return new MappingCase(schedule, decision, random.Next(schedule.Count), options, selection);
    }

    public SparsePattern Map(SparsePattern selection) => Mapping().Map(selection);

    public SparsePattern Map() => Map(Selection);

    public IndexMapping Mapping() => new(Schedule, Decision, Scale, Options);

    /// <summary>The key lists of each batch entry, head and tile.</summary>
    public static int[][] ListsOf(SparsePattern pattern) => [.. pattern.ListOfTile.ToArray().Select(list => pattern.Lists.Keys(list).ToArray())];
}
