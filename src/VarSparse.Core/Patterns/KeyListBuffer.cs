using System.Buffers;

namespace VarSparse.Patterns;

/// <summary>Key lists while they are put together, key by key, in arrays that are reused from pattern to pattern.</summary>
/// <remarks>
/// Patterns of pruned tokens are made for each image while a GPU waits. A collection of the garbage that growing lists leave would take
/// longer than all else.
/// </remarks>
/// <param name="keyCount">Number of keys that the indices refer to.</param>
/// <param name="wordsPerKey">Mask words a key, or 0 for lists without a mask.</param>
internal sealed class KeyListBuffer(int keyCount, int wordsPerKey)
{
    private const int FirstCapacity = 1 << 14;

    private readonly List<int> _offsets = [0];
    private int[] _keys = ArrayPool<int>.Shared.Rent(FirstCapacity);
    private ulong[] _words = ArrayPool<ulong>.Shared.Rent(FirstCapacity * wordsPerKey);
    private int _count;

    /// <summary>Adds a key to the list in hand.</summary>
    /// <param name="key">The key's index, above the one before.</param>
    /// <param name="slots">The slots that see it, a word for each 64; not read without a mask.</param>
    public void Add(int key, ReadOnlySpan<ulong> slots)
    {
        if (_count == _keys.Length)
            _keys = Grown(_keys, _count);
        if ((_count + 1) * wordsPerKey > _words.Length)
            _words = Grown(_words, _count * wordsPerKey);
        _keys[_count] = key;
        for (int word = 0; word < wordsPerKey; word++)
            _words[_count * wordsPerKey + word] = slots[word];
        _count++;
    }

    /// <summary>Ends the list in hand and returns its index.</summary>
    public int CloseList()
    {
        _offsets.Add(_count);
        return _offsets.Count - 2;
    }

    /// <summary>The lists so far. Nothing can be added after it.</summary>
    public KeyLists Build()
    {
        int[] keys = _keys[.._count];
        ulong[]? words = wordsPerKey == 0 ? null : _words[..(_count * wordsPerKey)];
        ArrayPool<int>.Shared.Return(_keys);
        ArrayPool<ulong>.Shared.Return(_words);
        (_keys, _words) = ([], []);
        return KeyLists.CreateTrusted(keyCount, [.. _offsets], keys, words, wordsPerKey);
    }

    private static T[] Grown<T>(T[] array, int count)
    {
        T[] grown = ArrayPool<T>.Shared.Rent(checked(2 * array.Length));
        array.AsSpan(0, count).CopyTo(grown);
        ArrayPool<T>.Shared.Return(array);
        return grown;
    }
}
