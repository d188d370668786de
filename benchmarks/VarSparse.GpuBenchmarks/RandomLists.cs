using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.GpuBenchmarks;

/// <summary>Patterns with no structure: every head and tile keeps a random share of the keys, as column-sparse attention would.</summary>
internal static class RandomLists
{
    public static SparsePattern PerHead(ScaleSchedule schedule, int scale, int heads, double share, int seed)
    {
        var random = new Random(seed);
        var tiles = QueryTiles.FromGrid(schedule[scale], TileShape.Default);
        int keys = schedule.TokensThrough(scale);
        int[][][] lists = [.. Enumerable.Range(0, heads).Select(_ => Enumerable.Range(0, tiles.TileCount)
            .Select(_ => Enumerable.Range(0, keys).Where(_ => random.NextDouble() < share).ToArray()).ToArray())];
        return SparsePattern.FromKeyLists(tiles, keys, lists);
    }
}
