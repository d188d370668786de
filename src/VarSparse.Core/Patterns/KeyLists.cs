namespace VarSparse.Patterns;

/// <summary>
/// Lists of key indices in compressed rows: one row a list, ascending, without duplicates. A list may carry a token mask that
/// says which slots of its query tile see each key; without one every query of the tile sees every key of the list. Immutable.
/// </summary>
public sealed class KeyLists
{
    private readonly int[] _offsets;
    private readonly int[] _keys;
    private readonly ulong[]? _mask;

    private KeyLists(int keyCount, int[] offsets, int[] keys, ulong[]? mask, int wordsPerKey)
    {
        KeyCount = keyCount;
        _offsets = offsets;
        _keys = keys;
        _mask = mask;
        WordsPerKey = mask is null ? 0 : wordsPerKey;
        for (int list = 0; list < ListCount; list++)
            LongestList = Math.Max(LongestList, offsets[list + 1] - offsets[list]);
    }

    /// <summary>Number of keys that the indices refer to.</summary>
    public int KeyCount { get; }

    /// <summary>Number of lists.</summary>
    public int ListCount => _offsets.Length - 1;

    /// <summary>Length of the longest list, in keys.</summary>
    public int LongestList { get; }

    /// <summary>True if the lists carry a token mask.</summary>
    public bool HasMask => _mask is not null;

    /// <summary>Mask words a key: 64 query slots each, slot 0 in the lowest bit of word 0. Zero without a mask.</summary>
    public int WordsPerKey { get; }

    /// <summary>Where each list starts in <see cref="AllKeys"/>; one entry more than there are lists.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    /// <summary>The key indices of all lists, list after list.</summary>
    public ReadOnlySpan<int> AllKeys => _keys;

    /// <summary>The mask words of all lists, <see cref="WordsPerKey"/> a key; empty without a mask.</summary>
    public ReadOnlySpan<ulong> AllMaskWords => _mask;

    /// <summary>The key indices of a list, ascending.</summary>
    /// <param name="list">0-based index of the list.</param>
    public ReadOnlySpan<int> Keys(int list) => _keys.AsSpan(_offsets[list], _offsets[list + 1] - _offsets[list]);

    /// <summary>The mask words of a list, <see cref="WordsPerKey"/> a key in the order of <see cref="Keys"/>; empty without a mask.</summary>
    /// <param name="list">0-based index of the list.</param>
    public ReadOnlySpan<ulong> MaskWords(int list) => _mask is null
        ? []
        : _mask.AsSpan(_offsets[list] * WordsPerKey, (_offsets[list + 1] - _offsets[list]) * WordsPerKey);

    /// <summary>Creates lists without a token mask.</summary>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="offsets">Start of each list in <paramref name="keys"/>, ascending from 0; the last entry is the number of indices.</param>
    /// <param name="keys">Key indices, ascending and without duplicates within a list. Lists may be empty.</param>
    /// <exception cref="ArgumentException">Offsets do not ascend, or a list has an index out of range, unsorted or twice.</exception>
    public static KeyLists Create(int keyCount, ReadOnlySpan<int> offsets, ReadOnlySpan<int> keys)
    {
        Check(keyCount, offsets, keys, nameof(keys));
        return new KeyLists(keyCount, offsets.ToArray(), keys.ToArray(), mask: null, wordsPerKey: 0);
    }

    /// <summary>Creates lists with a token mask.</summary>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="offsets">Start of each list in <paramref name="keys"/>, ascending from 0; the last entry is the number of indices.</param>
    /// <param name="keys">Key indices, ascending and without duplicates within a list. Lists may be empty.</param>
    /// <param name="maskWords">For each key, <paramref name="wordsPerKey"/> words of 64 query slots: a set bit means the slot sees the key.</param>
    /// <param name="wordsPerKey">Mask words a key, 1 to 4: enough for the largest tile that uses the lists.</param>
    /// <exception cref="ArgumentException">
    /// Offsets do not ascend, a list has an index out of range, unsorted or twice, or the number of words does not fit.
    /// </exception>
    public static KeyLists Create(
        int keyCount, ReadOnlySpan<int> offsets, ReadOnlySpan<int> keys, ReadOnlySpan<ulong> maskWords, int wordsPerKey)
    {
        Check(keyCount, offsets, keys, nameof(keys));
        if (wordsPerKey is < 1 or > QueryTiles.MaxQueriesPerTile / 64)
            throw new ArgumentException($"wordsPerKey: got {wordsPerKey}, expected 1 to {QueryTiles.MaxQueriesPerTile / 64}.", nameof(wordsPerKey));
        if (maskWords.Length != (long)keys.Length * wordsPerKey)
        {
            throw new ArgumentException(
                $"maskWords: got {maskWords.Length} words, expected {(long)keys.Length * wordsPerKey} ({wordsPerKey} for each of {keys.Length} keys).", nameof(maskWords));
        }

        return new KeyLists(keyCount, offsets.ToArray(), keys.ToArray(), maskWords.ToArray(), wordsPerKey);
    }

    /// <summary>Takes arrays that are known to be valid, without a copy.</summary>
    internal static KeyLists CreateTrusted(int keyCount, int[] offsets, int[] keys, ulong[]? maskWords, int wordsPerKey) =>
        new(keyCount, offsets, keys, maskWords, wordsPerKey);

    /// <summary>Where each list starts when the lists are joined.</summary>
    internal static int[] OffsetsOf(IReadOnlyList<int[]> lists, string name)
    {
        var offsets = new int[lists.Count + 1];
        for (int list = 0; list < lists.Count; list++)
        {
            if (lists[list] is null)
                throw new ArgumentException($"{name}: list {list} is null, expected an array of indices.", name);
            long end = (long)offsets[list] + lists[list].Length;
            if (end > Array.MaxLength)
                throw new ArgumentException($"{name}: got {end} indices up to list {list}, expected at most {Array.MaxLength}.", name);
            offsets[list + 1] = (int)end;
        }

        return offsets;
    }

    internal static void Check(int keyCount, ReadOnlySpan<int> offsets, ReadOnlySpan<int> keys, string keysName)
    {
        Require.ArraySize(keyCount);
        if (offsets.IsEmpty || offsets[0] != 0 || offsets[^1] != keys.Length)
        {
            throw new ArgumentException(
                $"offsets: got {(offsets.IsEmpty ? "none" : $"{offsets[0]} to {offsets[^1]}")}, expected 0 to the number of indices, {keys.Length}.", nameof(offsets));
        }

        for (int list = 0; list + 1 < offsets.Length; list++)
        {
            if (offsets[list + 1] < offsets[list])
                throw new ArgumentException($"offsets: entry {list + 1} is {offsets[list + 1]}, expected at least {offsets[list]}.", nameof(offsets));
        }

        for (int list = 0; list + 1 < offsets.Length; list++)
        {
            int previous = -1;
            foreach (int key in keys[offsets[list]..offsets[list + 1]])
            {
                if ((uint)key >= (uint)keyCount)
                    throw new ArgumentException($"{keysName}: list {list} holds index {key}, expected 0 to {keyCount - 1}.", keysName);
                if (key <= previous)
                {
                    throw new ArgumentException(
                        $"{keysName}: list {list} holds {key} after {previous}, expected ascending indices without duplicates.", keysName);
                }

                previous = key;
            }
        }
    }
}
