using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The order of a masked list's keys on a device: those that only the first word sees, then those that both see, then those of the last word
/// alone, each time with the fully visible ones first, so that whole blocks can be skipped or taken without a mask. Of two words it is laid
/// out by <see cref="StepLayout"/>.
/// </summary>
internal static class KeyOrder
{
    /// <summary>An entry that holds no key.</summary>
    public const int None = -1;

    /// <summary>The entries of a list.</summary>
    /// <param name="lists">All lists.</param>
    /// <param name="list">Which list.</param>
    /// <param name="tileSize">Queries of the largest tile that uses it.</param>
    /// <returns>For each entry the key's place in the list, or <see cref="None"/>, and the words that it is there for, a bit each.</returns>
    public static (int Key, byte Words)[] Of(KeyLists lists, int list, int tileSize)
    {
        int[] ranks = Ranks(lists, list, tileSize);

        // Stable, so that neighbouring keys stay neighbours and reads of their rows stay close.
        int[] order = [.. Enumerable.Range(0, ranks.Length).OrderBy(i => ranks[i])];
        if (lists.WordsPerKey != 2)
            return [.. order.Select(key => (key, byte.MaxValue))];

        int first = order.Count(i => ranks[i] < Rank(0, 1, full: true));
        int last = order.Count(i => ranks[i] >= Rank(1, 1, full: true));
        int both = order.Length - first - last;
        StepLayout layout = StepLayout.Of(first, both, last);
        var entries = new (int Key, byte Words)[StepLayout.Length(layout)];
        Array.Fill(entries, (None, (byte)0));
        for (int i = 0; i < first; i++)
            entries[i] = (order[i], 1);
        for (int i = 0; i < layout.Both; i++)
            entries[StepLayout.StartOfBoth(layout) + i] = (order[first + i], 3);
        for (int i = 0; i < layout.Repeated; i++)
        {
            int key = order[first + layout.Both + i];
            entries[first + i] = (key, 1);
            entries[StepLayout.StartOfLast(layout) + last + i] = (key, 2);
        }

        for (int i = 0; i < last; i++)
            entries[StepLayout.StartOfLast(layout) + i] = (order[first + both + i], 2);
        return entries;
    }

    private static int[] Ranks(KeyLists lists, int list, int tileSize)
    {
        ReadOnlySpan<ulong> mask = lists.MaskWords(list);
        int words = lists.WordsPerKey;
        var ranks = new int[lists.Keys(list).Length];
        for (int i = 0; i < ranks.Length; i++)
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

            ranks[i] = Rank(first, last, full);
        }

        return ranks;
    }

    private static int Rank(int first, int last, bool full) => (first * 8 + last) * 2 + (full ? 0 : 1);
}
