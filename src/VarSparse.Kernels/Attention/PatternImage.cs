using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A pattern in the form that kernels read: plain arrays, to be copied to a device once and used by every call. Slots are padded
/// to whole mask words, the keys of a masked list are ordered so that blocks of 64 are whole or empty for as many words as possible,
/// and masks lie in tensor-core order.
/// </summary>
internal sealed class PatternImage
{
    private PatternImage(SparsePattern pattern)
        : this(pattern, pattern.Tiles.TileCount, WordsOf(pattern), pattern.ListOfTile.ToArray())
    {
    }

    private PatternImage(SparsePattern pattern, int tileCount, int wordsPerTile, int[] listOfTile)
    {
        QueryCount = pattern.QueryCount;
        KeyCount = pattern.KeyCount;
        TileCount = tileCount;
        BatchCount = pattern.BatchCount;
        HeadCount = pattern.HeadCount;
        HasMask = pattern.HasTokenMask;
        WordsPerTile = wordsPerTile;
        ListOfTile = listOfTile;
        KeyBias = pattern.KeyBias.ToArray();
        SlotQueries = new int[TileCount * WordsPerTile * MaskFragment.Side];
        Array.Fill(SlotQueries, -1);
        for (int tile = 0; tile < pattern.Tiles.TileCount; tile++)
            pattern.Tiles.Queries(tile).CopyTo(SlotQueries.AsSpan(tile * WordsOf(pattern) * MaskFragment.Side));
        UncoveredQueries = pattern.Tiles.UncoveredQueries.ToArray();
    }

    public int QueryCount { get; }

    public int KeyCount { get; }

    public int TileCount { get; }

    /// <summary>Batch entries with lists of their own, or 1.</summary>
    public int BatchCount { get; }

    /// <summary>Heads with lists of their own, or 1.</summary>
    public int HeadCount { get; }

    public bool HasMask { get; }

    /// <summary>Groups of 64 slots a tile.</summary>
    public int WordsPerTile { get; }

    /// <summary>The query of each slot, [tile, word, 64], or -1 where there is none.</summary>
    public int[] SlotQueries { get; }

    /// <summary>Queries that stand in no tile.</summary>
    public int[] UncoveredQueries { get; }

    /// <summary>The list of each [batch, head, tile].</summary>
    public int[] ListOfTile { get; }

    /// <summary>
    /// Key indices of all lists, each from a multiple of 64 on and filled up with zeros to the next one. Masked ones are in
    /// <see cref="KeyOrder"/>; entries that hold no key are zero, and no slot sees them. Those of tiles in pairs are <see cref="PairedLists"/>.
    /// </summary>
    public int[] Keys { get; private init; } = [];

    /// <summary>For each list: first entry in <see cref="Keys"/>, number of entries, first block in the mask arrays, and 0.</summary>
    public int[] ListRanges { get; private init; } = [];

    /// <summary>
    /// For each [list, word] four numbers: with a mask its <see cref="StepRange"/>, of tiles in pairs its <see cref="SeenRuns"/>; empty where all
    /// slots see all keys of their list.
    /// </summary>
    public int[] StepRanges { get; private init; } = [];

    /// <summary><see cref="BlockState"/> of each [block of a list, word]; empty without a mask.</summary>
    public byte[] BlockStates { get; private init; } = [];

    /// <summary>Mask fragments of each [block of a list, word, 128 threads]; empty without a mask.</summary>
    public uint[] MaskFragments { get; private init; } = [];

    /// <summary>The bias of each key in natural units, or empty.</summary>
    public float[] KeyBias { get; }

    public static PatternImage Create(SparsePattern pattern)
    {
        CheckSizes(pattern);
        return pattern.HasTokenMask ? CreateMasked(pattern) : CreateUnmasked(pattern);
    }

    /// <summary>
    /// A pattern without a mask with its tiles, of one word each, in <see cref="TilePairs"/>: tiles of two words, each of which sees its own
    /// part of the keys. Only the Hopper kernel knows that form.
    /// </summary>
    public static PatternImage CreatePaired(SparsePattern pattern)
    {
        var pairs = new TilePairs(pattern);
        CheckSize(pairs.Count * 2L * MaskFragment.Side, "query slots");
        long entries = StepLayout.KeysPerStep;
        foreach ((int first, int last) in pairs.Lists)
            entries += PairedLists.MostEntries(pattern.Lists, first, last);
        CheckSize(entries, "keys of lists in whole steps");
        var lists = new PairedLists(pattern.Lists, pairs.Lists, (int)entries);
        return new PatternImage(pattern, pairs.Count, wordsPerTile: 2, pairs.ListOfPair)
        {
            Keys = lists.Keys,
            ListRanges = lists.Ranges,
            StepRanges = lists.Runs,
        };
    }

    private static PatternImage CreateUnmasked(SparsePattern pattern)
    {
        KeyLists lists = pattern.Lists;
        var ranges = new int[lists.ListCount * 4];
        int blocks = 0;
        for (int list = 0; list < lists.ListCount; list++)
        {
            WriteRange(ranges, list, blocks, lists.Keys(list).Length);
            blocks += Blocks(lists.Keys(list).Length);
        }

        // A step more than there is, so that reading a step of an empty list, or beyond the last block, stays inside.
        var keys = new int[(blocks + 2) * MaskFragment.Side];
        for (int list = 0; list < lists.ListCount; list++)
            lists.Keys(list).CopyTo(keys.AsSpan(ranges[list * 4]));
        return new PatternImage(pattern) { Keys = keys, ListRanges = ranges };
    }

    private static PatternImage CreateMasked(SparsePattern pattern)
    {
        var lists = new MaskedLists(pattern.Lists, TileSizes(pattern), WordsOf(pattern));
        return new PatternImage(pattern)
        {
            Keys = lists.Keys,
            ListRanges = lists.Ranges,
            StepRanges = lists.StepRanges,
            BlockStates = lists.States,
            MaskFragments = lists.Fragments,
        };
    }

    /// <summary>Kernels count keys, blocks and mask words in 32 bits.</summary>
    private static void CheckSizes(SparsePattern pattern)
    {
        // A step more than there is: kernels read ahead.
        long blocks = StepLayout.KeysPerStep / MaskFragment.Side;
        for (int list = 0; list < pattern.Lists.ListCount; list++)
            blocks += BlocksOf(pattern, list);
        long wordsPerTile = WordsOf(pattern);
        CheckSize(pattern.Tiles.TileCount * wordsPerTile * MaskFragment.Side, "query slots");
        CheckSize(blocks * MaskFragment.Side, "keys of lists in whole blocks");
        if (pattern.HasTokenMask)
            CheckSize(blocks * wordsPerTile * MaskFragment.Threads, "words of mask");
    }

    /// <summary>Groups of 64 slots a tile.</summary>
    internal static int WordsOf(SparsePattern pattern) => (pattern.Tiles.LargestTile + MaskFragment.Side - 1) / MaskFragment.Side;

    /// <exception cref="ArgumentException">It is more than an array can hold.</exception>
    internal static void CheckSize(long count, string what)
    {
        if (count > Array.MaxLength)
            throw new ArgumentException($"pattern: takes {count} {what} on a device, expected at most {Array.MaxLength}.");
    }

    /// <summary>At most.</summary>
    private static long BlocksOf(SparsePattern pattern, int list) =>
        Blocks(pattern.Lists.Keys(list).Length) + (pattern.HasTokenMask ? StepLayout.MostAdded / MaskFragment.Side : 0);

    private static int Blocks(int keys) => (keys + MaskFragment.Side - 1) / MaskFragment.Side;

    internal static void WriteRange(int[] ranges, int list, int firstBlock, int length)
    {
        ranges[list * 4] = firstBlock * MaskFragment.Side;
        ranges[list * 4 + 1] = length;
        ranges[list * 4 + 2] = firstBlock;
    }

    /// <summary>The size of the largest tile that uses each list: slots beyond it never hold a query.</summary>
    private static int[] TileSizes(SparsePattern pattern)
    {
        var sizes = new int[pattern.Lists.ListCount];
        for (int i = 0; i < pattern.ListOfTile.Length; i++)
        {
            ref int size = ref sizes[pattern.ListOfTile[i]];
            size = Math.Max(size, pattern.Tiles.Queries(i % pattern.Tiles.TileCount).Length);
        }

        return sizes;
    }
}
