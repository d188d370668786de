using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace VarSparse.Patterns;

/// <summary>
/// The lists of a restricted pattern. A masked list is put together in a scratch array that has the words of every key, with one bit a
/// key for those that any slot sees, so that reading it out in order costs no sort.
/// </summary>
internal sealed class ListRestriction(SparsePattern pattern, int[] newQuery, int[] newKey, int keyCount, int wordsPerKey)
{
    private readonly KeyListBuffer _lists = new(keyCount, wordsPerKey);
    private readonly Dictionary<int, int> _wholeLists = [];
    private readonly List<(int[] Sources, List<int> Tiles, int List)> _maskedLists = [];
    private readonly ulong[] _scratch = new ulong[(long)keyCount * wordsPerKey];
    private readonly ulong[] _seen = new ulong[QueryTiles.CeilingDivide(keyCount, 64)];

    /// <summary>The kept keys of an old list, stored once for all tiles that use it.</summary>
    public int Whole(int source)
    {
        if (_wholeLists.TryGetValue(source, out int known))
            return known;
        foreach (int key in pattern.Lists.Keys(source))
        {
            if (newKey[key] >= 0)
                _lists.Add(newKey[key], []);
        }

        return _wholeLists[source] = _lists.CloseList();
    }

    /// <summary>The kept keys that the kept queries of some tiles see, with their mask; stored once for all heads that use the same lists.</summary>
    public int Masked(List<int> tiles, ReadOnlySpan<int> listOfTile)
    {
        var sources = new int[tiles.Count];
        for (int i = 0; i < sources.Length; i++)
            sources[i] = listOfTile[tiles[i]];
        foreach ((int[] others, List<int> otherTiles, int list) in _maskedLists)
        {
            if (otherTiles == tiles && others.AsSpan().SequenceEqual(sources))
                return list;
        }

        int slot = 0;
        for (int i = 0; i < sources.Length; i++)
            slot += Mark(pattern.Tiles.Queries(tiles[i]), sources[i], slot);
        int stored = Store();
        if (pattern.HeadCount * pattern.BatchCount > 1)
            _maskedLists.Add((sources, tiles, stored));
        return stored;
    }

    public KeyLists Build() => _lists.Build();

    /// <summary>Marks what the kept queries of one old tile see, in the slots from <paramref name="firstSlot"/>, and returns how many they are.</summary>
    private int Mark(ReadOnlySpan<int> queries, int source, int firstSlot)
    {
        Span<ulong> kept = stackalloc ulong[QueryTiles.MaxQueriesPerTile / 64];
        kept.Clear();
        for (int slot = 0; slot < queries.Length; slot++)
        {
            if (newQuery[queries[slot]] >= 0)
                kept[slot / 64] |= 1UL << (slot % 64);
        }

        int first = firstSlot;
        for (int word = 0; word < kept.Length && word * 64 < queries.Length; word++)
        {
            if (kept[word] == 0)
                continue;
            MarkWord(source, word, kept[word], first);
            first += BitOperations.PopCount(kept[word]);
        }

        return first - firstSlot;
    }

    /// <summary>Marks what the kept queries of one mask word see, in the slots from <paramref name="firstSlot"/>.</summary>
    private void MarkWord(int source, int word, ulong kept, int firstSlot)
    {
        ReadOnlySpan<int> keys = pattern.Lists.Keys(source);
        ReadOnlySpan<ulong> words = pattern.Lists.MaskWords(source);
        (int firstWord, int shift) = Math.DivRem(firstSlot, 64);
        int stride = pattern.Lists.WordsPerKey, count = BitOperations.PopCount(kept);
        ulong every = ulong.MaxValue >> (64 - count);
        for (int i = 0; i < keys.Length; i++)
        {
            int key = newKey[keys[i]];
            if (key < 0)
                continue;
            ulong slots = words.IsEmpty ? every : Gather(words[i * stride + word], kept);
            if (slots == 0)
                continue;
            _seen[key / 64] |= 1UL << (key % 64);
            _scratch[key * wordsPerKey + firstWord] |= slots << shift;
            if (shift + count > 64)
                _scratch[key * wordsPerKey + firstWord + 1] |= slots >> (64 - shift);
        }
    }

    /// <summary>Moves the bits that are selected together, to the low end.</summary>
    private static ulong Gather(ulong bits, ulong selected)
    {
        if (Bmi2.X64.IsSupported)
            return Bmi2.X64.ParallelBitExtract(bits, selected);
        ulong gathered = 0;
        for (int place = 0; selected != 0; place++, selected &= selected - 1)
            gathered |= ((bits >> BitOperations.TrailingZeroCount(selected)) & 1) << place;
        return gathered;
    }

    private int Store()
    {
        for (int i = 0; i < _seen.Length; i++)
        {
            for (ulong left = _seen[i]; left != 0; left &= left - 1)
            {
                int key = i * 64 + BitOperations.TrailingZeroCount(left);
                Span<ulong> words = _scratch.AsSpan(key * wordsPerKey, wordsPerKey);
                _lists.Add(key, words);
                words.Clear();
            }
        }

        Array.Clear(_seen);
        return _lists.CloseList();
    }
}
