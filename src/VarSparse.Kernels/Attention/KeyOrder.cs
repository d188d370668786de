using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The order of masked lists' keys on a device: those that only the first word sees, then those that both see, then those of the last word
/// alone, each time with the fully visible ones first, so that whole blocks can be skipped or taken without a mask. Of two words it is laid
/// out by <see cref="StepLayout"/>.
/// </summary>
internal sealed class KeyOrder
{
    /// <summary>An entry that holds no key.</summary>
    public const int None = -1;

    /// <summary>More than the rank of a key of four words that no slot sees.</summary>
    private const int RankCount = 64;

    private readonly KeyLists _lists;

    /// <summary>The places of the keys in their lists, sorted, where the lists' keys lie in <see cref="KeyLists.AllKeys"/>.</summary>
    private readonly int[] _places;
    private readonly StepLayout[] _layouts;

    /// <param name="lists">Lists with a mask.</param>
    /// <param name="tileSizes">Queries of the largest tile that uses each list.</param>
    public KeyOrder(KeyLists lists, ReadOnlySpan<int> tileSizes)
    {
        _lists = lists;
        _places = new int[lists.AllKeys.Length];
        _layouts = new StepLayout[lists.ListCount];
        var ranks = new byte[lists.LongestList];
        for (int list = 0; list < lists.ListCount; list++)
            _layouts[list] = Sort(list, tileSizes[list], ranks.AsSpan(0, lists.Keys(list).Length));
    }

    /// <summary>Entries of a list, those without a key included.</summary>
    public int Length(int list) => StepLayout.Length(_layouts[list]);

    /// <summary>Writes for each entry of a list the key's place in it, or <see cref="None"/>.</summary>
    /// <param name="list">Which list.</param>
    /// <param name="entries">As many whole steps as hold the entries.</param>
    public void Write(int list, Span<int> entries)
    {
        StepLayout layout = _layouts[list];
        ReadOnlySpan<int> places = Places(list);
        int first = layout.First - layout.Repeated, last = layout.Last - layout.Repeated;
        int startOfLast = StepLayout.StartOfLast(layout);
        ReadOnlySpan<int> repeated = places.Slice(first + layout.Both, layout.Repeated);
        entries.Fill(None);
        places[..first].CopyTo(entries);
        repeated.CopyTo(entries[first..]);
        places.Slice(first, layout.Both).CopyTo(entries[StepLayout.StartOfBoth(layout)..]);
        places[^last..].CopyTo(entries[startOfLast..]);
        repeated.CopyTo(entries[(startOfLast + last)..]);
    }

    /// <summary>The words that an entry of a list is there for, a bit each. Entries of a block that hold a key agree.</summary>
    public int WordsOf(int list, int entry) => _lists.WordsPerKey == 2 ? StepLayout.WordsOf(_layouts[list], entry) : byte.MaxValue;

    /// <summary>Sorts by counting, which is stable: neighbouring keys stay neighbours, and reads of their rows stay close.</summary>
    private StepLayout Sort(int list, int tileSize, Span<byte> ranks)
    {
        Span<int> ends = stackalloc int[RankCount];
        ends.Clear();
        WriteRanks(_lists.MaskWords(list), _lists.WordsPerKey, tileSize, ranks);
        foreach (byte rank in ranks)
            ends[rank]++;
        for (int rank = 1; rank < RankCount; rank++)
            ends[rank] += ends[rank - 1];
        StepLayout layout = LayoutOf(ends);
        Span<int> places = Places(list);
        for (int i = ranks.Length - 1; i >= 0; i--)
            places[--ends[ranks[i]]] = i;
        return layout;
    }

    private StepLayout LayoutOf(ReadOnlySpan<int> ends)
    {
        if (_lists.WordsPerKey != 2)
            return new StepLayout { First = ends[^1] };
        int first = ends[Rank(0, 1, full: true) - 1], firstAndBoth = ends[Rank(1, 1, full: true) - 1];
        return StepLayout.Of(first, firstAndBoth - first, ends[^1] - firstAndBoth);
    }

    private Span<int> Places(int list) => _places.AsSpan(_lists.Offsets[list], _lists.Keys(list).Length);

    private static void WriteRanks(ReadOnlySpan<ulong> mask, int words, int tileSize, Span<byte> ranks)
    {
        Span<ulong> whole = stackalloc ulong[words];
        for (int word = 0; word < words; word++)
            whole[word] = SparsePattern.SlotBits(tileSize, word);
        for (int i = 0; i < ranks.Length; i++)
        {
            ReadOnlySpan<ulong> key = mask.Slice(i * words, words);
            int first = words, last = -1;
            bool full = true;
            for (int word = 0; word < key.Length; word++)
            {
                if (key[word] == 0)
                    continue;
                full &= key[word] == whole[word];
                first = Math.Min(first, word);
                last = word;
            }

            ranks[i] = (byte)Rank(first, last, full);
        }
    }

    private static int Rank(int first, int last, bool full) => (first * 8 + last) * 2 + (full ? 0 : 1);
}
