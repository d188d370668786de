using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>
/// Random patterns that are small enough for a simulated GPU and still have what kernels get wrong: ragged tiles, tiles of one to
/// four words, empty lists, rows that see nothing, lists of one block or several, whole and partial blocks, queries in no tile.
/// </summary>
internal static class SmallPatterns
{
    public static SparsePattern Next(Random random, int heads, int batch)
    {
        SparsePattern pattern = random.Next(4) switch
        {
            0 => SparsePattern.Dense(random.Next(1, 150), random.Next(1, 150)),
            1 => PerHead(random, heads, batch),
            2 => Masked(random),
            _ => CrossScale(random),
        };
        return random.Next(3) == 0
            ? pattern.WithKeyBias([.. Enumerable.Range(0, pattern.KeyCount).Select(key => key % 7 == 3 ? float.NegativeInfinity : (float)(4 * random.NextDouble() - 2))])
            : pattern;
    }

    /// <summary>Lists of their own for every head and batch entry, some empty; some queries in no tile.</summary>
    public static SparsePattern PerHead(Random random, int heads, int batch)
    {
        int queries = random.Next(1, 100), keyCount = random.Next(1, 150);
        int[] covered = [.. Enumerable.Range(0, queries).Where(_ => random.Next(5) != 0)];
        random.Shuffle(covered);
        QueryTiles tiles = QueryTiles.FromLists(queries, [.. covered.Chunk(random.Next(1, 200))]);
        var offsets = new List<int> { 0 };
        var keys = new List<int>();
        for (int list = 0; list < tiles.TileCount * heads * batch; list++)
        {
            double share = random.Next(4) == 0 ? 0 : random.NextDouble();
            keys.AddRange(Enumerable.Range(0, keyCount).Where(_ => random.NextDouble() < share));
            offsets.Add(keys.Count);
        }

        KeyLists lists = KeyLists.Create(keyCount, [.. offsets], [.. keys]);
        return SparsePattern.Create(tiles, lists, [.. Enumerable.Range(0, lists.ListCount)], heads, batch);
    }

    /// <summary>A mask with a band of full visibility, so that some blocks are whole, and some rows that see nothing.</summary>
    public static SparsePattern Masked(Random random)
    {
        int queries = random.Next(1, 200), keys = random.Next(1, 200), full = random.Next(0, keys);
        double share = random.NextDouble() * random.Next(2);
        bool rowsWithout = random.Next(2) == 0;
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries; query++)
        {
            bool empty = rowsWithout && random.Next(8) == 0;
            for (int key = 0; key < keys; key++)
                mask[query, key] = !empty && (key < full || random.NextDouble() < share);
        }

        return SparsePattern.FromDenseMask(mask, QueryTiles.Raster(queries, random.Next(1, 257)));
    }

    /// <summary>One tile of two words and a masked list of three blocks: one whole, one that only the first word sees, one partial.</summary>
    public static SparsePattern LongLists(Random random)
    {
        const int queries = 70, keys = 150;
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries; query++)
        {
            for (int key = 0; key < keys; key++)
                mask[query, key] = key < 64 ? query < 64 : key < 128 || random.Next(2) == 0;
        }

        return SparsePattern.FromDenseMask(mask, QueryTiles.Raster(queries, queries));
    }

    /// <summary>
    /// Five tiles of three words each, the last ones ragged, with masked lists of none to five blocks: words that see none, the
    /// first, the last or the middle blocks, whole or in part; a query in no tile.
    /// </summary>
    public static SparsePattern ManyTiles(Random random, bool hasBias)
    {
        const int tiles = 5, tileQueries = 130, keys = 300, queries = tiles * tileQueries - 60;
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries - 1; query++)
        {
            int tile = query / tileQueries, word = query % tileQueries / 64;
            int first = (tile * 3 + word * 5) % 4 * 64, end = Math.Min(keys, first + (tile + word) % 4 * 70);
            bool whole = (tile + word) % 2 == 0, blind = random.Next(10) == 0;
            for (int key = first; key < end && tile != 2; key++)
                mask[query, key] = whole || (!blind && random.Next(2) == 0);
        }

        int[][] lists = [.. Enumerable.Range(0, queries - 1).Chunk(tileQueries)];
        SparsePattern pattern = SparsePattern.FromDenseMask(mask, QueryTiles.FromLists(queries, lists));
        return hasBias ? pattern.WithKeyBias([.. Enumerable.Range(0, keys).Select(key => key % 7 == 3 ? float.NegativeInfinity : random.NextSingle() * 4 - 2)]) : pattern;
    }

    /// <summary>
    /// Tiles of two words of which the first alone sees a list's first steps, one to seven of eight (seven tiles have each number once), and the second
    /// alone its last: what the second waits for comes after the next tile's queries, whose memory it must have let go.
    /// </summary>
    public static SparsePattern LateWords(int tiles)
    {
        const int stepKeys = 128, steps = 8;
        var mask = new bool[tiles * 128, steps * stepKeys];
        for (int query = 0; query < mask.GetLength(0); query++)
        {
            int lateStep = 1 + query / 128 * 3 % (steps - 1);
            int first = query / 64 % 2 == 0 ? 0 : lateStep * stepKeys, end = query / 64 % 2 == 0 ? lateStep * stepKeys + 5 : steps * stepKeys;
            for (int key = first; key < end; key++)
                mask[query, key] = true;
        }

        return SparsePattern.FromDenseMask(mask, QueryTiles.Raster(mask.GetLength(0), 128));
    }

    /// <summary>
    /// Tiles of at most 64 queries, one to five of them, and no mask: what kernels can take in pairs. Lists of none to four steps, some used
    /// by several tiles, heads or batch entries; neighbours share all keys, most or few of them; biases at times, and queries in no tile.
    /// </summary>
    public static SparsePattern TilesOfOneWord(Random random, int heads, int batch)
    {
        int tileCount = random.Next(1, 6), tileQueries = random.Next(1, 65), keyCount = random.Next(1, 500);
        int[] covered = [.. Enumerable.Range(0, tileCount * tileQueries).Where(_ => random.Next(9) != 0)];
        QueryTiles tiles = QueryTiles.FromLists(tileCount * tileQueries, [.. covered.Chunk(tileQueries)]);
        int listCount = random.Next(1, 2 * tiles.TileCount + 1), window = random.Next(0, keyCount + 1), stride = random.Next(0, 150);
        double share = random.Next(2) == 0 ? 1 : random.NextDouble();
        var offsets = new List<int> { 0 };
        var keys = new List<int>();
        for (int list = 0; list < listCount; list++)
        {
            int start = list * stride % keyCount;
            if (random.Next(6) != 0)
                keys.AddRange(Enumerable.Range(start, Math.Min(window, keyCount - start)).Where(_ => random.NextDouble() < share));
            offsets.Add(keys.Count);
        }

        KeyLists lists = KeyLists.Create(keyCount, [.. offsets], [.. keys]);
        int[] listOfTile = [.. Enumerable.Range(0, tiles.TileCount * heads * batch).Select(place => random.Next(3) == 0 ? random.Next(listCount) : place % listCount)];
        SparsePattern pattern = SparsePattern.Create(tiles, lists, listOfTile, heads, batch);
        return random.Next(3) == 0
            ? pattern.WithKeyBias([.. Enumerable.Range(0, keyCount).Select(key => key % 7 == 3 ? float.NegativeInfinity : (float)(4 * random.NextDouble() - 2))])
            : pattern;
    }

    /// <summary>One tile of two words that share no key: the list has more blocks of either than a warp has lanes.</summary>
    public static SparsePattern TwoHalves(Random random, bool hasBias)
    {
        const int queries = 70, keys = 2300, half = 1200;
        var mask = new bool[queries, keys];
        for (int query = 0; query < queries; query++)
        {
            for (int key = 0; key < keys; key++)
                mask[query, key] = key < half == query < 64 && (key < 2000 || random.Next(2) == 0);
        }

        SparsePattern pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(queries, queries));
        return hasBias ? pattern.WithKeyBias([.. Enumerable.Range(0, keys).Select(_ => random.NextSingle() * 4 - 2)]) : pattern;
    }

    public static SparsePattern CrossScale(Random random)
    {
        var grids = new GridSize[random.Next(1, 4)];
        for (int i = 0; i < grids.Length; i++)
            grids[i] = random.Next(5) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, 12), random.Next(1, 12));
        return CrossScaleLocal.Create(new ScaleSchedule(grids), grids.Length - 1, new CrossScaleLocalOptions
        {
            Windows = [.. grids.Select(_ => random.Next(-1, 6))],
            SinkScales = random.Next(0, 3),
            Tile = new TileShape(random.Next(1, 13), random.Next(1, 17)),
            ExactMask = random.Next(3) != 0,
        });
    }
}
