namespace VarSparse.Patterns;

/// <summary>
/// Which keys each query sees: query tiles, key lists, and for every batch, head and tile the list it uses. Immutable, validated
/// once, safe to share between threads and calls.
/// </summary>
/// <remarks>
/// One value describes every kind of sparsity here: a local window (lists with a token mask), a block mask (one list a row of
/// blocks), per-head columns (one list a head and tile), dense attention (one list that all tiles share). Tiles that see the same
/// keys share a list. Attention over a pattern is softmax over exactly the visible keys; a query that sees none gives zeros.
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

    private double AllPairs => (double)QueryCount * KeyCount * BatchCount * HeadCount;

    /// <summary>The list index of a tile.</summary>
    /// <param name="batch">0-based batch entry; any number if <see cref="BatchCount"/> is 1.</param>
    /// <param name="head">0-based head; any number if <see cref="HeadCount"/> is 1.</param>
    /// <param name="tile">0-based tile.</param>
    public int ListOf(int batch, int head, int tile) =>
        _listOfTile[((BatchCount == 1 ? 0 : batch) * HeadCount + (HeadCount == 1 ? 0 : head)) * Tiles.TileCount + tile];

    /// <summary>Every query sees every key.</summary>
    /// <param name="queryCount">Number of queries, at least 1.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <exception cref="ArgumentException">A number is below 1.</exception>
    public static SparsePattern Dense(int queryCount, int keyCount)
    {
        var tiles = QueryTiles.Raster(queryCount, TileShape.Default.QueryCount);
        if (keyCount < 1)
            throw new ArgumentException($"keyCount: got {keyCount}, expected at least 1.", nameof(keyCount));
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
        if (headCount < 1)
            throw new ArgumentException($"headCount: got {headCount}, expected at least 1.", nameof(headCount));
        if (batchCount < 1)
            throw new ArgumentException($"batchCount: got {batchCount}, expected at least 1.", nameof(batchCount));
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
            if (lists.HasMask)
                CheckMask(lists, listOfTile[i], tiles.Queries(i % tiles.TileCount).Length);
        }

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
        return FromKeyLists(tiles, keyCount, [keysOfTile]);
    }

    /// <summary>A pattern with key lists of its own for each head; every query of a tile sees the whole list.</summary>
    /// <param name="tiles">How the queries are grouped.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="keysOfHeadAndTile">For each head, the key indices of each tile, ascending and without duplicates; may be empty.</param>
    /// <exception cref="ArgumentException">There is no head, the number of lists is not that of the tiles, or a list is not valid.</exception>
    public static SparsePattern FromKeyLists(QueryTiles tiles, int keyCount, IReadOnlyList<IReadOnlyList<int[]>> keysOfHeadAndTile)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        ArgumentNullException.ThrowIfNull(keysOfHeadAndTile);
        for (int head = 0; head < keysOfHeadAndTile.Count; head++)
        {
            if (keysOfHeadAndTile[head].Count != tiles.TileCount)
            {
                throw new ArgumentException(
                    $"keysOfHeadAndTile: head {head} has {keysOfHeadAndTile[head].Count} lists, expected one for each of {tiles.TileCount} tiles.", nameof(keysOfHeadAndTile));
            }
        }

        int[][] all = [.. keysOfHeadAndTile.SelectMany(lists => lists)];
        var offsets = new int[all.Length + 1];
        for (int i = 0; i < all.Length; i++)
            offsets[i + 1] = checked(offsets[i] + all[i].Length);
        var lists = KeyLists.Create(keyCount, offsets, [.. all.SelectMany(keys => keys)]);
        return Create(tiles, lists, [.. Enumerable.Range(0, all.Length)], keysOfHeadAndTile.Count);
    }

    /// <summary>The same pattern with a bias added to each key's logit, such as the log of the tokens that a summary key stands for.</summary>
    /// <param name="keyBias">One bias a key, [Lk]; minus infinity hides the key. Empty removes the bias.</param>
    /// <exception cref="ArgumentException">The number of biases is not that of the keys.</exception>
    public SparsePattern WithKeyBias(ReadOnlySpan<float> keyBias)
    {
        if (!keyBias.IsEmpty && keyBias.Length != KeyCount)
            throw new ArgumentException($"keyBias: got {keyBias.Length} entries, expected {KeyCount}, one a key.", nameof(keyBias));
        return new SparsePattern(Tiles, Lists, _listOfTile, BatchCount, HeadCount, keyBias.IsEmpty ? null : keyBias.ToArray());
    }

    /// <summary>Sizes and densities in one line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{QueryCount} queries x {KeyCount} keys, {Tiles.TileCount} tiles, density {Density:P2} ({TileDensity:P2} in whole tiles){(HeadCount > 1 ? $", {HeadCount} heads" : "")}{(BatchCount > 1 ? $", {BatchCount} batch entries" : "")}");

    /// <summary>Takes parts that are known to fit, one list index a tile.</summary>
    internal static SparsePattern CreateTrusted(QueryTiles tiles, KeyLists lists, int[] listOfTile) =>
        new(tiles, lists, listOfTile, 1, 1, keyBias: null);

    private static void CheckMask(KeyLists lists, int list, int tileSize)
    {
        if (lists.WordsPerKey * 64 < tileSize)
            throw new ArgumentException($"lists: {lists.WordsPerKey} mask words a key hold {lists.WordsPerKey * 64} slots, expected at least {tileSize}, a tile's queries.", nameof(lists));
        ReadOnlySpan<ulong> words = lists.MaskWords(list);
        for (int i = 0; i < words.Length; i++)
        {
            if ((words[i] & ~SlotBits(tileSize, i % lists.WordsPerKey)) != 0)
                throw new ArgumentException($"lists: the mask of list {list} has a bit beyond the {tileSize} queries of a tile that uses it.", nameof(lists));
        }
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
