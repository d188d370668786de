using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>
/// Random patterns of every kind over random geometries: squares, rectangles, one-token scales, empty lists, ragged tiles, tiles
/// in any order that leave queries out.
/// </summary>
internal static class RandomPatterns
{
    public static SparsePattern Next(Random random, int heads, int batch)
    {
        GridSize grid = new(random.Next(1, 20), random.Next(1, 20));
        return random.Next(7) switch
        {
            0 => SparsePattern.Dense(random.Next(1, 300), random.Next(1, 300)),
            1 => CrossScale(random),
            2 => PerHead(random, grid, heads, batch),
            3 => Blocks(random),
            4 => Masked(random, grid),
            5 => SparsePattern.FromDenseMask(RandomMask(random, grid.TokenCount, random.Next(1, 200)), Shuffled(random, grid.TokenCount)),
            _ => CrossScale(random) is var local ? local.Union(Masked(random, local.QueryCount, local.KeyCount)) : local,
        };
    }

    /// <summary>Tiles of any size up to 256 over the queries in any order, with some queries or all of them left out.</summary>
    public static QueryTiles Shuffled(Random random, int queryCount)
    {
        int[] queries = [.. Enumerable.Range(0, queryCount)];
        random.Shuffle(queries);
        int covered = random.Next(4) == 0 ? queryCount : random.Next(0, queryCount + 1);
        List<int[]> tiles = [];
        for (int start = 0; start < covered; start += tiles[^1].Length)
            tiles.Add(queries[start..Math.Min(covered, start + random.Next(1, 257))]);
        return QueryTiles.FromLists(queryCount, tiles);
    }

    private static SparsePattern CrossScale(Random random)
    {
        var grids = new GridSize[random.Next(1, 5)];
        for (int i = 0; i < grids.Length; i++)
            grids[i] = random.Next(5) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, 18), random.Next(1, 18));
        var schedule = new ScaleSchedule(grids);
        return CrossScaleLocal.Create(schedule, grids.Length - 1, new CrossScaleLocalOptions
        {
            Windows = [.. grids.Select(_ => random.Next(-1, 6))],
            SinkScales = random.Next(0, 3),
            Tile = new TileShape(random.Next(1, 13), random.Next(1, 17)),
            ExactMask = random.Next(2) == 0,
        });
    }

    private static SparsePattern PerHead(Random random, GridSize grid, int heads, int batch)
    {
        var tiles = QueryTiles.FromGrid(grid, new TileShape(random.Next(1, 9), random.Next(1, 17)));
        int keyCount = random.Next(1, 200);
        var offsets = new List<int> { 0 };
        var keys = new List<int>();
        for (int list = 0; list < tiles.TileCount * heads * batch; list++)
        {
            double share = random.Next(4) == 0 ? 0 : random.NextDouble();
            for (int key = 0; key < keyCount; key++)
            {
                if (random.NextDouble() < share)
                    keys.Add(key);
            }

            offsets.Add(keys.Count);
        }

        var lists = KeyLists.Create(keyCount, [.. offsets], [.. keys]);
        return SparsePattern.Create(tiles, lists, [.. Enumerable.Range(0, lists.ListCount)], heads, batch);
    }

    private static SparsePattern Blocks(Random random)
    {
        int queries = random.Next(1, 300), keys = random.Next(1, 300), queryBlock = random.Next(1, 300), keyBlock = random.Next(1, 100);
        var kept = new bool[(queries + queryBlock - 1) / queryBlock, (keys + keyBlock - 1) / keyBlock];
        for (int i = 0; i < kept.Length; i++)
            kept[i / kept.GetLength(1), i % kept.GetLength(1)] = random.Next(3) != 0;
        return BlockMask.Create(kept, queries, keys, queryBlock, keyBlock).ToPattern();
    }

    private static SparsePattern Masked(Random random, GridSize grid)
    {
        var tiles = QueryTiles.FromGrid(grid, new TileShape(random.Next(1, 17), random.Next(1, 17)));
        return SparsePattern.FromDenseMask(RandomMask(random, grid.TokenCount, random.Next(1, 200)), tiles);
    }

    private static SparsePattern Masked(Random random, int queries, int keys) =>
        SparsePattern.FromDenseMask(RandomMask(random, queries, keys), QueryTiles.Raster(queries, random.Next(1, 257)));

    public static bool[,] RandomMask(Random random, int queries, int keys)
    {
        double share = random.NextDouble();
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries; query++)
        {
            bool empty = random.Next(10) == 0;
            for (int key = 0; key < keys; key++)
                mask[query, key] = !empty && random.NextDouble() < share;
        }

        return mask;
    }
}
