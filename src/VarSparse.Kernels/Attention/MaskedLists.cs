using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>The lists of a masked pattern as a <see cref="PatternImage"/> holds them.</summary>
internal sealed class MaskedLists
{
    private readonly KeyLists _lists;
    private readonly int[] _tileSizes;
    private readonly int _words;
    private readonly KeyOrder _order;

    /// <param name="lists">Lists with a mask.</param>
    /// <param name="tileSizes">Queries of the largest tile that uses each list.</param>
    /// <param name="words">Groups of 64 slots a tile.</param>
    public MaskedLists(KeyLists lists, int[] tileSizes, int words)
    {
        _lists = lists;
        _tileSizes = tileSizes;
        _words = words;
        _order = new KeyOrder(lists, tileSizes);
        Ranges = new int[lists.ListCount * 4];
        int blocks = 0, mostBlocks = 0;
        for (int list = 0; list < lists.ListCount; list++)
        {
            int length = _order.Length(list), own = BlocksInSteps(length);
            PatternImage.WriteRange(Ranges, list, blocks, length);
            blocks += own;
            mostBlocks = Math.Max(mostBlocks, own);
        }

        // A step more than there is, so that kernels may read ahead. States are whole 32-bit words, as kernels load no single bytes.
        Keys = new int[(blocks + 2) * MaskFragment.Side];
        States = new byte[(blocks * words + 3) & ~3];
        Fragments = new uint[(blocks + 2) * words * MaskFragment.Threads];
        StepRanges = new int[lists.ListCount * words * StepRange.Numbers];
        var entries = new int[mostBlocks * MaskFragment.Side];
        for (int list = 0; list < lists.ListCount; list++)
            Write(list, entries.AsSpan(0, BlocksInSteps(_order.Length(list)) * MaskFragment.Side));
    }

    public int[] Keys { get; }

    public int[] Ranges { get; }

    public int[] StepRanges { get; }

    public byte[] States { get; }

    public uint[] Fragments { get; }

    private static int BlocksInSteps(int keys) => StepLayout.Steps(keys) * (StepLayout.KeysPerStep / MaskFragment.Side);

    private void Write(int list, Span<int> entries)
    {
        _order.Write(list, entries);
        WriteKeys(_lists.Keys(list), entries, Keys.AsSpan(Ranges[list * 4], entries.Length));
        int length = _order.Length(list), firstBlock = Ranges[list * 4 + 2];
        for (int start = 0; start < length; start += MaskFragment.Side)
        {
            ReadOnlySpan<int> block = entries.Slice(start, Math.Min(MaskFragment.Side, length - start));
            int words = _order.WordsOf(list, start);
            for (int word = 0; word < _words; word++)
            {
                int place = (firstBlock + start / MaskFragment.Side) * _words + word;
                States[place] = WriteBlock(list, ((words >> word) & 1) != 0 ? Held(block) : [], block.Length, word, place);
            }
        }

        ReadOnlySpan<byte> states = States.AsSpan(firstBlock * _words, entries.Length / MaskFragment.Side * _words);
        for (int word = 0; word < _words; word++)
            StepRange.Write(states, _words, word, StepRanges.AsSpan((list * _words + word) * StepRange.Numbers, StepRange.Numbers));
    }

    private static void WriteKeys(ReadOnlySpan<int> list, ReadOnlySpan<int> entries, Span<int> keys)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i] != KeyOrder.None)
                keys[i] = list[entries[i]];
        }
    }

    /// <summary>The entries of a block that hold a key; they are its first.</summary>
    private static ReadOnlySpan<int> Held(ReadOnlySpan<int> block)
    {
        int held = block.IndexOf(KeyOrder.None);
        return held < 0 ? block : block[..held];
    }

    private byte WriteBlock(int list, ReadOnlySpan<int> held, int entries, int word, int place)
    {
        // Slots without a query see everything: it changes nothing and leaves more words whole.
        ulong slots = SparsePattern.SlotBits(_tileSizes[list], word), without = ~slots;
        ReadOnlySpan<ulong> mask = _lists.MaskWords(list);
        Span<ulong> marked = stackalloc ulong[MaskFragment.Side];
        ulong any = 0, all = held.Length == MaskFragment.Side ? slots : 0;
        for (int i = 0; i < held.Length; i++)
        {
            ulong bits = mask[held[i] * _lists.WordsPerKey + word];
            any |= bits;
            all &= bits;
            marked[i] = bits | without;
        }

        // Fragments are zero, and most blocks are whole or empty: few are worth a transposition.
        byte state = any == 0 ? BlockState.Hidden : all == slots ? BlockState.Full : BlockState.Partial;
        Span<uint> fragment = Fragments.AsSpan(place * MaskFragment.Threads, MaskFragment.Threads);
        if (state == BlockState.Full)
            fragment.Fill(uint.MaxValue);
        else if ((any | without) != 0)
            Transpose(marked, held.Length, entries, without, fragment);
        return state;
    }

    private static void Transpose(Span<ulong> marked, int held, int entries, ulong without, Span<uint> fragment)
    {
        marked[held..entries].Fill(without);
        marked[entries..].Clear();
        FragmentTransposition.Write(marked, fragment);
    }
}
