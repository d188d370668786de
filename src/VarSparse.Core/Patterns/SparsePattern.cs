namespace VarSparse.Patterns;

/// <summary>
/// Which keys each query sees: query tiles, key lists, and for every batch, head and tile the list it uses. Immutable, validated
/// once, safe to share between threads and calls.
/// </summary>
/// <remarks>
/// One value describes every kind of sparsity here: a local window (lists with a token mask), a block mask (one list a row of
/// blocks), per-head columns (one list a head and tile), dense attention (one list that all tiles share). Tiles that see the same
/// keys can share a list. Attention over a pattern is softmax over exactly the visible keys; a query that sees none gives zeros.
/// </remarks>
public sealed partial class SparsePattern
{
    private readonly int[] _listOfTile;
    private readonly float[]? _keyBias;

    private SparsePattern(QueryTiles tiles, KeyLists lists, int[] listOfTile, int batchCount, int headCount, float[]? keyBias)
    {
        Tiles = tiles;
        Lists = lists;
        _listOfTile = listOfTile;
        BatchCount = batchCount;
        HeadCount = headCount;
        _keyBias = keyBias;
        (KeptPairs, ComputedPairs) = CountPairs();
    }

    /// <summary>Another pattern's queries and keys, whose pairs need not be counted again.</summary>
    private SparsePattern(SparsePattern pattern, float[]? keyBias)
    {
        Tiles = pattern.Tiles;
        Lists = pattern.Lists;
        _listOfTile = pattern._listOfTile;
        BatchCount = pattern.BatchCount;
        HeadCount = pattern.HeadCount;
        _keyBias = keyBias;
        (KeptPairs, ComputedPairs) = (pattern.KeptPairs, pattern.ComputedPairs);
    }

    /// <summary>How the queries are grouped.</summary>
    public QueryTiles Tiles { get; }

    /// <summary>The distinct key lists.</summary>
    public KeyLists Lists { get; }

    /// <summary>Number of queries (Lq).</summary>
    public int QueryCount => Tiles.QueryCount;

    /// <summary>Number of keys (Lk), tokens and any appended summaries.</summary>
    public int KeyCount => Lists.KeyCount;

    /// <summary>Batch entries that have lists of their own, or 1 if all share them.</summary>
    public int BatchCount { get; }

    /// <summary>Heads that have lists of their own, or 1 if all share them.</summary>
    public int HeadCount { get; }

    /// <summary>The index of the list of each [batch, head, tile], in that order.</summary>
    public ReadOnlySpan<int> ListOfTile => _listOfTile;

    /// <summary>What is added to each key's logit, [Lk] (natural units), or empty for nothing.</summary>
    public ReadOnlySpan<float> KeyBias => _keyBias;

    /// <summary>True if the lists carry a token mask; false if every query of a tile sees every key of its list.</summary>
    public bool HasTokenMask => Lists.HasMask;

    /// <summary>Visible query-key pairs, summed over <see cref="BatchCount"/> and <see cref="HeadCount"/>.</summary>
    public long KeptPairs { get; }

    /// <summary>Pairs that whole tiles hold (tile size times list length), summed likewise: the work of a kernel that masks inside tiles.</summary>
    public long ComputedPairs { get; }

    /// <summary>Visible pairs over all pairs, 0 to 1.</summary>
    public double Density => KeptPairs / AllPairs;

    /// <summary>Pairs in whole tiles over all pairs, 0 to 1; equals <see cref="Density"/> without a token mask.</summary>
    public double TileDensity => ComputedPairs / AllPairs;

    /// <summary>True if every query sees every key; a bias can still hide keys.</summary>
    internal bool SeesAll => KeptPairs == (long)QueryCount * KeyCount * BatchCount * HeadCount;

    private double AllPairs => (double)QueryCount * KeyCount * BatchCount * HeadCount;

    /// <summary>The list index of a tile.</summary>
    /// <param name="batch">0-based batch entry; any number if <see cref="BatchCount"/> is 1.</param>
    /// <param name="head">0-based head; any number if <see cref="HeadCount"/> is 1.</param>
    /// <param name="tile">0-based tile.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such batch entry, head or tile.</exception>
    public int ListOf(int batch, int head, int tile)
    {
        CheckMatrix(batch, head);
        Require.Index(tile, Tiles.TileCount);
        return _listOfTile[((BatchCount == 1 ? 0 : batch) * HeadCount + (HeadCount == 1 ? 0 : head)) * Tiles.TileCount + tile];
    }

    /// <summary>Every query sees every key.</summary>
    /// <param name="queryCount">Number of queries, at least 1.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <exception cref="ArgumentException">A number is below 1.</exception>
    public static SparsePattern Dense(int queryCount, int keyCount)
    {
        var tiles = QueryTiles.Raster(queryCount, TileShape.Default.QueryCount);
        Require.ArraySize(keyCount);
        var lists = KeyLists.CreateTrusted(keyCount, [0, keyCount], [.. Enumerable.Range(0, keyCount)], maskWords: null, wordsPerKey: 0);
        return new SparsePattern(tiles, lists, new int[tiles.TileCount], 1, 1, keyBias: null);
    }

    /// <summary>Puts a pattern together from its parts.</summary>
    /// <param name="tiles">How the queries are grouped.</param>
    /// <param name="lists">The distinct key lists, with or without a token mask.</param>
    /// <param name="listOfTile">The index of the list of each [batch, head, tile], in that order.</param>
    /// <param name="headCount">Heads that have lists of their own, or 1 if all share them.</param>
    /// <param name="batchCount">Batch entries that have lists of their own, or 1 if all share them.</param>
    /// <exception cref="ArgumentException">
    /// The number of list indices does not fit, one is out of range, or a mask has too few words for a tile or a bit beyond it.
    /// </exception>
    public static SparsePattern Create(
        QueryTiles tiles, KeyLists lists, ReadOnlySpan<int> listOfTile, int headCount = 1, int batchCount = 1)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        ArgumentNullException.ThrowIfNull(lists);
        Require.AtLeastOne(headCount);
        Require.AtLeastOne(batchCount);
        long expected = (long)tiles.TileCount * headCount * batchCount;
        if (listOfTile.Length != expected)
        {
            throw new ArgumentException(
                $"listOfTile: got {listOfTile.Length} indices, expected {expected} ({batchCount} batch x {headCount} heads x {tiles.TileCount} tiles).", nameof(listOfTile));
        }

        for (int i = 0; i < listOfTile.Length; i++)
        {
            if ((uint)listOfTile[i] >= (uint)lists.ListCount)
                throw new ArgumentException($"listOfTile: entry {i} is {listOfTile[i]}, expected 0 to {lists.ListCount - 1}.", nameof(listOfTile));
        }

        if (lists.HasMask)
            CheckMask(tiles, lists, listOfTile);
        return new SparsePattern(tiles, lists, listOfTile.ToArray(), batchCount, headCount, keyBias: null);
    }

    /// <summary>A pattern with one key list a tile for all heads; every query of a tile sees the whole list.</summary>
    /// <param name="tiles">How the queries are grouped.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="keysOfTile">The key indices of each tile, ascending and without duplicates; may be empty.</param>
    /// <exception cref="ArgumentException">The number of lists is not that of the tiles, or a list is not valid.</exception>
    public static SparsePattern FromKeyLists(QueryTiles tiles, int keyCount, IReadOnlyList<int[]> keysOfTile)
    {
        ArgumentNullException.ThrowIfNull(keysOfTile);
        return FromKeyLists(tiles, keyCount, [keysOfTile], nameof(keysOfTile));
    }

    /// <summary>A pattern with key lists of its own for each head; every query of a tile sees the whole list.</summary>
    /// <param name="tiles">How the queries are grouped.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="keysOfHeadAndTile">For each head, the key indices of each tile, ascending and without duplicates; may be empty.</param>
    /// <exception cref="ArgumentException">There is no head, the number of lists is not that of the tiles, or a list is not valid.</exception>
    public static SparsePattern FromKeyLists(QueryTiles tiles, int keyCount, IReadOnlyList<IReadOnlyList<int[]>> keysOfHeadAndTile)
    {
        ArgumentNullException.ThrowIfNull(keysOfHeadAndTile);
        return FromKeyLists(tiles, keyCount, keysOfHeadAndTile, nameof(keysOfHeadAndTile));
    }

    /// <summary>The same pattern with a bias added to each key's logit, such as the log of the tokens that a summary key stands for.</summary>
    /// <param name="keyBias">One bias a key, [Lk]; minus infinity hides the key. Empty removes the bias.</param>
    /// <exception cref="ArgumentException">The number of biases is not that of the keys.</exception>
    public SparsePattern WithKeyBias(ReadOnlySpan<float> keyBias)
    {
        if (!keyBias.IsEmpty && keyBias.Length != KeyCount)
            throw new ArgumentException($"keyBias: got {keyBias.Length} entries, expected {KeyCount}, one a key.", nameof(keyBias));
        return new SparsePattern(this, keyBias.IsEmpty ? null : keyBias.ToArray());
    }

    /// <summary>The same pattern for the first batch entries only, such as the conditional half of guidance.</summary>
    /// <param name="count">How many, 1 to <see cref="BatchCount"/>; any number if all share their lists.</param>
    /// <exception cref="ArgumentException">There are fewer.</exception>
    public SparsePattern FirstBatchEntries(int count)
    {
        Require.AtLeastOne(count);
        if (BatchCount == 1 || count == BatchCount)
            return this;
        if (count > BatchCount)
            throw new ArgumentException($"count: got {count}, expected 1 to {BatchCount}, the batch entries.", nameof(count));
        return new SparsePattern(Tiles, Lists, _listOfTile[..(count * HeadCount * Tiles.TileCount)], count, HeadCount, _keyBias);
    }

    /// <summary>The same pattern for some heads that lie side by side.</summary>
    /// <param name="first">The first of them, 0-based.</param>
    /// <param name="count">How many, at least 1; where all heads share their lists, any heads.</param>
    /// <exception cref="ArgumentException">There are no such heads.</exception>
    public SparsePattern OfHeads(int first, int count)
    {
        Require.AtLeastOne(count);
        if (HeadCount == 1)
            return this;
        Require.Index(first, HeadCount);
        if (count > HeadCount - first)
            throw new ArgumentException($"count: got {count} heads from {first}, expected at most {HeadCount - first}.", nameof(count));
        int tiles = Tiles.TileCount;
        var listOfTile = new int[BatchCount * count * tiles];
        for (int batch = 0; batch < BatchCount; batch++)
            _listOfTile.AsSpan((batch * HeadCount + first) * tiles, count * tiles).CopyTo(listOfTile.AsSpan(batch * count * tiles));
        return new SparsePattern(Tiles, Lists, listOfTile, BatchCount, count, _keyBias);
    }

    /// <summary>Sizes and densities in one line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{QueryCount} queries x {KeyCount} keys, {Tiles.TileCount} tiles, density {Density:P2} ({TileDensity:P2} in whole tiles){(HeadCount > 1 ? $", {HeadCount} heads" : "")}{(BatchCount > 1 ? $", {BatchCount} batch entries" : "")}");

    /// <summary>Takes parts that are known to fit, one list index a tile.</summary>
    internal static SparsePattern CreateTrusted(QueryTiles tiles, KeyLists lists, int[] listOfTile, int batchCount = 1, int headCount = 1) =>
        new(tiles, lists, listOfTile, batchCount, headCount, keyBias: null);

    private static SparsePattern FromKeyLists(QueryTiles tiles, int keyCount, IReadOnlyList<IReadOnlyList<int[]>> keysOf, string name)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        if (keysOf.Count < 1)
            throw new ArgumentException($"{name}: got no head, expected at least one.", name);
        for (int head = 0; head < keysOf.Count; head++)
        {
            if (keysOf[head].Count != tiles.TileCount)
                throw new ArgumentException($"{name}: head {head} has {keysOf[head].Count} lists, expected {tiles.TileCount}, one a tile.", name);
        }

        var all = keysOf.SelectMany(lists => lists).ToArray();
        var offsets = KeyLists.OffsetsOf(all, name);
        int[] keys = [.. all.SelectMany(list => list)];
        KeyLists.Check(keyCount, offsets, keys, name);
        var lists = KeyLists.CreateTrusted(keyCount, offsets, keys, maskWords: null, wordsPerKey: 0);
        return new SparsePattern(tiles, lists, [.. Enumerable.Range(0, all.Length)], 1, keysOf.Count, keyBias: null);
    }

    /// <summary>A list's words must have room for the largest tile that uses it, and no bit beyond the smallest.</summary>
    private static void CheckMask(QueryTiles tiles, KeyLists lists, ReadOnlySpan<int> listOfTile)
    {
        if (lists.WordsPerKey * 64 < tiles.LargestTile)
            throw new ArgumentException($"lists: {lists.WordsPerKey} mask words a key hold {lists.WordsPerKey * 64} slots, expected at least {tiles.LargestTile}, the largest tile's queries.", nameof(lists));
        var smallestTile = new int[lists.ListCount];
        Array.Fill(smallestTile, QueryTiles.MaxQueriesPerTile);
        for (int i = 0; i < listOfTile.Length; i++)
            smallestTile[listOfTile[i]] = Math.Min(smallestTile[listOfTile[i]], tiles.Queries(i % tiles.TileCount).Length);
        for (int list = 0; list < smallestTile.Length; list++)
        {
            ReadOnlySpan<ulong> words = lists.MaskWords(list);
            for (int i = 0; i < words.Length; i++)
            {
                if ((words[i] & ~SlotBits(smallestTile[list], i % lists.WordsPerKey)) != 0)
                    throw new ArgumentException($"lists: the mask of list {list} has a bit beyond slot {smallestTile[list] - 1}, expected none beyond the queries of a tile that uses it.", nameof(lists));
            }
        }
    }

    private void CheckMatrix(int batch, int head)
    {
        if (BatchCount > 1)
            Require.Index(batch, BatchCount);
        if (HeadCount > 1)
            Require.Index(head, HeadCount);
    }

    /// <summary>The bits of a mask word that belong to queries of a tile.</summary>
    internal static ulong SlotBits(int tileSize, int word)
    {
        int slots = tileSize - word * 64;
        return slots >= 64 ? ulong.MaxValue : slots <= 0 ? 0 : (1UL << slots) - 1;
    }

    private (long Kept, long Computed) CountPairs()
    {
        var bitsOfList = new long[Lists.ListCount];
        if (Lists.HasMask)
        {
            for (int list = 0; list < bitsOfList.Length; list++)
            {
                foreach (ulong word in Lists.MaskWords(list))
                    bitsOfList[list] += System.Numerics.BitOperations.PopCount(word);
            }
        }

        long kept = 0;
        long computed = 0;
        for (int i = 0; i < _listOfTile.Length; i++)
        {
            int list = _listOfTile[i];
            long whole = (long)Lists.Keys(list).Length * Tiles.Queries(i % Tiles.TileCount).Length;
            computed += whole;
            kept += Lists.HasMask ? bitsOfList[list] : whole;
        }

        return (kept, computed);
    }
}
