using System.Numerics;
using System.Runtime.InteropServices;

namespace VarSparse.Patterns;

/// <summary>Collects visible (slot, key) pairs of one tile at a time and appends them as masked lists.</summary>
internal sealed class TileMaskBuilder(int keyCount, int wordsPerKey)
{
    private readonly ulong[] _scratch = new ulong[(long)keyCount * wordsPerKey];
    private readonly List<int> _offsets = [0];
    private readonly List<int> _keys = [];
    private readonly List<ulong> _words = [];

    /// <summary>Marks a pair of the tile in hand.</summary>
    public void Add(int slot, int key) => _scratch[key * wordsPerKey + slot / 64] |= 1UL << (slot % 64);

    /// <summary>Marks all the slots of a mask word for a key.</summary>
    public void AddWord(int key, int word, ulong slots) => _scratch[key * wordsPerKey + word] |= slots;

    /// <summary>Appends the marked keys as a list, clears the marks and returns the list's index.</summary>
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

        _offsets.Add(_keys.Count);
        return _offsets.Count - 2;
    }

    /// <summary>The lists so far. A mask in which every tile sees whole lists is left out.</summary>
    public KeyLists Build(QueryTiles tiles, ReadOnlySpan<int> listOfTile)
    {
        bool whole = true;
        for (int i = 0; i < listOfTile.Length && whole; i++)
        {
            int list = listOfTile[i];
            long bits = 0;
            foreach (ulong word in CollectionsMarshal.AsSpan(_words)[(_offsets[list] * wordsPerKey)..(_offsets[list + 1] * wordsPerKey)])
                bits += BitOperations.PopCount(word);
            whole = bits == (long)(_offsets[list + 1] - _offsets[list]) * tiles.Queries(i % tiles.TileCount).Length;
        }

        return KeyLists.CreateTrusted(keyCount, [.. _offsets], [.. _keys], whole ? null : [.. _words], wordsPerKey);
    }

    public static int WordsFor(QueryTiles tiles) => QueryTiles.CeilingDivide(tiles.LargestTile, 64);
}
