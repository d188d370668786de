using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

/// <summary>Patterns of every kind over a few dozen queries and keys: ragged tiles, tiles in any order, empty lists, uncovered queries.</summary>
internal static class SmallPatterns
{
    public static SparsePattern Next(Random random, int heads = 1, int batch = 1) =>
        Of(random, random.Next(1, 40), random.Next(1, 100), heads, batch);

    public static SparsePattern Of(Random random, int queries, int keys, int heads = 1, int batch = 1) => random.Next(5) switch
    {
        0 => SparsePattern.Dense(queries, keys),
        1 => SparsePattern.FromDenseMask(Mask(random, queries, keys), QueryTiles.Raster(queries, random.Next(1, 100))),
        2 => SparsePattern.FromDenseMask(Mask(random, queries, keys), Shuffled(random, queries, all: false)),
        3 => Lists(random, Shuffled(random, queries, all: random.Next(2) == 0), keys, heads, batch),
        _ => Blocks(random, queries, keys),
    };

    public static bool[,] Mask(Random random, int queries, int keys)
    {
        double share = random.NextDouble();
        int blind = random.Next(8) == 0 ? random.Next(queries) : -1;
        return DenseMasks.Create(queries, keys, (query, _) => query != blind && random.NextDouble() < share);
    }

    /// <summary>Tiles of queries in any order.</summary>
    public static QueryTiles Shuffled(Random random, int queryCount, bool all)
    {
        int[] queries = [.. Enumerable.Range(0, queryCount)];
        random.Shuffle(queries);
        int covered = all ? queryCount : random.Next(0, queryCount + 1);
        List<int[]> tiles = [];
        for (int start = 0; start < covered; start += tiles[^1].Length)
            tiles.Add(queries[start..Math.Min(covered, start + random.Next(1, 70))]);
        return QueryTiles.FromLists(queryCount, tiles);
    }

    public static ScaleSchedule Schedule(Random random, int scales, int largestSide)
    {
        var grids = new GridSize[scales];
        for (int i = 0; i < scales; i++)
            grids[i] = random.Next(6) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, largestSide + 1), random.Next(1, largestSide + 1));
        return new ScaleSchedule(grids);
    }

    /// <summary>A list of its own for each batch entry, head and tile, some of them empty.</summary>
    public static SparsePattern Lists(Random random, QueryTiles tiles, int keys, int heads, int batch) => Lists(
        tiles, keys, heads, batch, [.. Enumerable.Range(0, tiles.TileCount * heads * batch).Select(_ =>
        {
            double share = random.Next(4) == 0 ? 0 : random.NextDouble();
            return Enumerable.Range(0, keys).Where(_ => random.NextDouble() < share).ToArray();
        })]);

    public static SparsePattern Lists(QueryTiles tiles, int keys, int heads, int batch, int[][] lists)
    {
        List<int> offsets = [0];
        foreach (int[] list in lists)
            offsets.Add(offsets[^1] + list.Length);
        return SparsePattern.Create(tiles, KeyLists.Create(keys, [.. offsets], [.. lists.SelectMany(list => list)]), [.. Enumerable.Range(0, lists.Length)], heads, batch);
    }

    private static SparsePattern Blocks(Random random, int queries, int keys)
    {
        int queryBlock = random.Next(1, 30), keyBlock = random.Next(1, 40);
        var kept = new bool[(queries + queryBlock - 1) / queryBlock, (keys + keyBlock - 1) / keyBlock];
        for (int i = 0; i < kept.Length; i++)
            kept[i / kept.GetLength(1), i % kept.GetLength(1)] = random.Next(3) != 0;
        return BlockMask.Create(kept, queries, keys, queryBlock, keyBlock).ToPattern();
    }
}
