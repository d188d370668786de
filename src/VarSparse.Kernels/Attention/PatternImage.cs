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
    {
        QueryCount = pattern.QueryCount;
        KeyCount = pattern.KeyCount;
        TileCount = pattern.Tiles.TileCount;
        BatchCount = pattern.BatchCount;
        HeadCount = pattern.HeadCount;
        HasMask = pattern.HasTokenMask;
        WordsPerTile = (pattern.Tiles.LargestTile + MaskFragment.Side - 1) / MaskFragment.Side;
        ListOfTile = pattern.ListOfTile.ToArray();
        KeyBias = pattern.KeyBias.ToArray();
        SlotQueries = new int[TileCount * WordsPerTile * MaskFragment.Side];
        Array.Fill(SlotQueries, -1);
        for (int tile = 0; tile < TileCount; tile++)
            pattern.Tiles.Queries(tile).CopyTo(SlotQueries.AsSpan(tile * WordsPerTile * MaskFragment.Side));
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

    /// <summary>Key indices of all lists, each from a multiple of 64 on and filled up with zeros to the next one.</summary>
    public int[] Keys { get; private init; } = [];

    /// <summary>For each list: first entry in <see cref="Keys"/>, number of keys, first block in the mask arrays, and 0.</summary>
    public int[] ListRanges { get; private init; } = [];

    /// <summary>
    /// For each [list, word]: the first block that is seen and the end of those, and the first and the end of the longest run of blocks
    /// that are seen whole. Empty without a mask.
    /// </summary>
    public int[] WordRanges { get; private init; } = [];

    /// <summary><see cref="BlockState"/> of each [block of a list, word]; empty without a mask.</summary>
    public byte[] BlockStates { get; private init; } = [];

    /// <summary>Mask fragments of each [block of a list, word, 128 threads]; empty without a mask.</summary>
    public uint[] MaskFragments { get; private init; } = [];

    /// <summary>The bias of each key in natural units, or empty.</summary>
    public float[] KeyBias { get; }

    public static PatternImage Create(SparsePattern pattern)
    {
        KeyLists lists = pattern.Lists;
        var ranges = new int[lists.ListCount * 4];
        CheckSizes(pattern);
        int blocks = 0;
        for (int list = 0; list < lists.ListCount; list++)
        {
            ranges[list * 4] = blocks * MaskFragment.Side;
            ranges[list * 4 + 1] = lists.Keys(list).Length;
            ranges[list * 4 + 2] = blocks;
            blocks += BlocksOf(lists, list);
        }

        // One block more than there are, so that reading a block of an empty list, or ahead of the last, stays inside.
        var keys = new int[(blocks + 1) * MaskFragment.Side];
        if (!pattern.HasTokenMask)
        {
            for (int list = 0; list < lists.ListCount; list++)
                lists.Keys(list).CopyTo(keys.AsSpan(ranges[list * 4]));
            return new PatternImage(pattern) { Keys = keys, ListRanges = ranges };
        }

        int[] tileSizes = TileSizes(pattern);
        int words = (pattern.Tiles.LargestTile + MaskFragment.Side - 1) / MaskFragment.Side;

        // Whole 32-bit words, as kernels load no single bytes.
        var states = new byte[(blocks * words + 3) & ~3];
        var fragments = new uint[blocks * words * MaskFragment.Threads];
        for (int list = 0; list < lists.ListCount; list++)
        {
            int[] order = Order(lists, list, tileSizes[list]);
            for (int i = 0; i < order.Length; i++)
                keys[ranges[list * 4] + i] = lists.Keys(list)[order[i]];
            for (int word = 0; word < words; word++)
            {
                for (int start = 0; start < order.Length; start += MaskFragment.Side)
                {
                    int place = (ranges[list * 4 + 2] + start / MaskFragment.Side) * words + word;
                    states[place] = WriteFragment(
                        lists, list, order.AsSpan(start, Math.Min(MaskFragment.Side, order.Length - start)), word,
                        SparsePattern.SlotBits(tileSizes[list], word), fragments.AsSpan(place * MaskFragment.Threads, MaskFragment.Threads));
                }
            }
        }

        return new PatternImage(pattern) { Keys = keys, ListRanges = ranges, WordRanges = RangesOf(ranges, states, words), BlockStates = states, MaskFragments = fragments };
    }

    /// <summary>Kernels count keys, blocks and mask words in 32 bits.</summary>
    private static void CheckSizes(SparsePattern pattern)
    {
        long blocks = 1;
        for (int list = 0; list < pattern.Lists.ListCount; list++)
            blocks += BlocksOf(pattern.Lists, list);
        long wordsPerTile = (pattern.Tiles.LargestTile + MaskFragment.Side - 1) / MaskFragment.Side;
        CheckSize(pattern.Tiles.TileCount * wordsPerTile * MaskFragment.Side, "query slots");
        CheckSize(blocks * MaskFragment.Side, "keys of lists in whole blocks");
        if (pattern.HasTokenMask)
            CheckSize(blocks * wordsPerTile * MaskFragment.Threads, "words of mask");
    }

    /// <exception cref="ArgumentException">It is more than an array can hold.</exception>
    internal static void CheckSize(long count, string what)
    {
        if (count > Array.MaxLength)
            throw new ArgumentException($"pattern: takes {count} {what} on a device, expected at most {Array.MaxLength}.");
    }

    private static int BlocksOf(KeyLists lists, int list) => (lists.Keys(list).Length + MaskFragment.Side - 1) / MaskFragment.Side;

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

    /// <summary>
    /// Keys that only the first word sees, then those that both see, then those of the last word alone, each time with the fully
    /// visible ones first: each word's keys lie together, so that whole blocks can be skipped or taken without a mask.
    /// </summary>
    private static int[] Order(KeyLists lists, int list, int tileSize)
    {
        ReadOnlySpan<ulong> mask = lists.MaskWords(list);
        int words = lists.WordsPerKey;
        var rank = new int[lists.Keys(list).Length];
        var order = new int[rank.Length];
        for (int i = 0; i < rank.Length; i++)
        {
            int first = words, last = -1;
            bool full = true;
            for (int word = 0; word < words; word++)
            {
                ulong bits = mask[i * words + word];
                if (bits == 0)
                    continue;
                full &= bits == SparsePattern.SlotBits(tileSize, word);
                first = Math.Min(first, word);
                last = word;
            }

            rank[i] = (first * 8 + last) * 2 + (full ? 0 : 1);
            order[i] = i;
        }

        // Stable, so that neighbouring keys stay neighbours and reads of their rows stay close.
        return [.. order.OrderBy(i => rank[i])];
    }

    private static int[] RangesOf(int[] listRanges, byte[] states, int words)
    {
        int lists = listRanges.Length / 4;
        var ranges = new int[lists * words * 4];
        for (int i = 0; i < lists * words; i++)
        {
            (int list, int word) = Math.DivRem(i, words);
            int blocks = (listRanges[list * 4 + 1] + MaskFragment.Side - 1) / MaskFragment.Side;
            Span<int> range = ranges.AsSpan(i * 4, 4);
            int run = 0;
            for (int block = 0; block < blocks; block++)
            {
                byte state = states[(listRanges[list * 4 + 2] + block) * words + word];
                if (state != BlockState.Hidden)
                {
                    if (range[1] == 0)
                        range[0] = block;
                    range[1] = block + 1;
                }

                run = state == BlockState.Full ? run + 1 : 0;
                if (run > range[3] - range[2])
                    (range[2], range[3]) = (block + 1 - run, block + 1);
            }
        }

        return ranges;
    }

    private static byte WriteFragment(
        KeyLists lists, int list, ReadOnlySpan<int> entries, int word, ulong slots, Span<uint> fragment)
    {
        ReadOnlySpan<ulong> mask = lists.MaskWords(list);
        ulong any = 0;
        ulong all = entries.Length == MaskFragment.Side ? slots : 0;
        for (int key = 0; key < entries.Length; key++)
        {
            ulong bits = word < lists.WordsPerKey ? mask[entries[key] * lists.WordsPerKey + word] : 0;
            any |= bits;
            all &= bits;

            // Slots without a query see everything: it changes nothing and leaves more words whole.
            ulong marked = bits | ~slots;
            for (int slot = 0; slot < MaskFragment.Side; slot++)
            {
                if (((marked >> slot) & 1) != 0)
                    fragment[MaskFragment.ThreadOf(slot, key)] |= 1u << MaskFragment.BitOf(slot, key);
            }
        }

        return any == 0 ? BlockState.Hidden : all == slots ? BlockState.Full : BlockState.Partial;
    }
}
