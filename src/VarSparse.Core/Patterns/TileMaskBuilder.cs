using System.Numerics;
using System.Runtime.InteropServices;

namespace VarSparse.Patterns;

/// <summary>Collects visible (slot, key) pairs of one tile at a time and stores them as masked lists, equal ones once.</summary>
internal sealed class TileMaskBuilder(int keyCount, int wordsPerKey)
{
    private readonly ulong[] _scratch = new ulong[(long)keyCount * wordsPerKey];
    private readonly List<int> _offsets = [0];
    private readonly List<int> _keys = [];
    private readonly List<ulong> _words = [];
    private readonly EqualLists _stored = new();

    /// <summary>Mask words a key of the tile in hand.</summary>
    public int WordsPerKey => wordsPerKey;

    /// <summary>Marks a pair of the tile in hand.</summary>
    public void Add(int slot, int key) => _scratch[key * wordsPerKey + slot / 64] |= 1UL << (slot % 64);

    /// <summary>Marks all the slots of a mask word for a key.</summary>
    public void AddWord(int key, int word, ulong slots) => _scratch[key * wordsPerKey + word] |= slots;

    /// <summary>Stores the marked keys as a list, unless an equal one is there, clears the marks and returns the list's index.</summary>
    public int CloseList()
    {
        for (int key = 0; key < keyCount; key++)
        {
            Span<ulong> words = _scratch.AsSpan(key * wordsPerKey, wordsPerKey);
            if (!words.ContainsAnyExcept(0UL))
                continue;
            _keys.Add(key);
            _words.AddRange(words);
            words.Clear();
        }

        int list = _offsets.Count - 1;
        _offsets.Add(_keys.Count);
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes(Keys(list)));
        hash.AddBytes(MemoryMarshal.AsBytes(Words(list)));
        int stored = _stored.FindOrAdd(
            list, hash.ToHashCode(), other => Keys(other).SequenceEqual(Keys(list)) && Words(other).SequenceEqual(Words(list)));
        if (stored != list)
        {
            _offsets.RemoveAt(_offsets.Count - 1);
            CollectionsMarshal.SetCount(_keys, _offsets[list]);
            CollectionsMarshal.SetCount(_words, _offsets[list] * wordsPerKey);
        }

        return stored;
    }

    /// <summary>The lists so far. A mask in which every tile sees whole lists is left out.</summary>
    public KeyLists Build(QueryTiles tiles, ReadOnlySpan<int> listOfTile)
    {
        var bits = new long[_offsets.Count - 1];
        for (int list = 0; list < bits.Length; list++)
        {
            foreach (ulong word in Words(list))
                bits[list] += BitOperations.PopCount(word);
        }

        bool whole = true;
        for (int i = 0; i < listOfTile.Length && whole; i++)
            whole = bits[listOfTile[i]] == (long)Keys(listOfTile[i]).Length * tiles.Queries(i % tiles.TileCount).Length;
        return KeyLists.CreateTrusted(keyCount, [.. _offsets], [.. _keys], whole ? null : [.. _words], wordsPerKey);
    }

    public static int WordsFor(QueryTiles tiles) => QueryTiles.CeilingDivide(tiles.LargestTile, 64);

    private ReadOnlySpan<int> Keys(int list) => CollectionsMarshal.AsSpan(_keys)[_offsets[list].._offsets[list + 1]];

    private ReadOnlySpan<ulong> Words(int list) =>
        CollectionsMarshal.AsSpan(_words)[(_offsets[list] * wordsPerKey)..(_offsets[list + 1] * wordsPerKey)];
}
