using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The lists of <see cref="TilePairs"/> as a <see cref="PatternImage"/> holds them: the keys of both tiles, each once, in the order of
/// <see cref="StepLayout"/>, and what either tile sees of them.
/// </summary>
internal sealed class PairedLists
{
    private const int Words = 2;

    // The keys of a pair that its first tile sees alone, both see, and the last sees alone; with room for one that is written and not kept.
    private readonly int[] _first;
    private readonly int[] _both;
    private readonly int[] _last;

    /// <summary>Of each key, while two lists are sorted; else zero.</summary>
    private readonly byte[] _isInLeft;

    /// <param name="lists">Lists without a mask.</param>
    /// <param name="pairs">Which of them go together.</param>
    /// <param name="room">At least as many entries as all pairs take.</param>
    public PairedLists(KeyLists lists, IReadOnlyList<(int First, int Last)> pairs, int room)
    {
        _first = new int[lists.LongestList + 1];
        _both = new int[lists.LongestList + 1];
        _last = new int[lists.LongestList + 1];
        _isInLeft = new byte[lists.KeyCount];
        var keys = new int[room];
        Ranges = new int[pairs.Count * 4];
        Runs = new int[pairs.Count * Words * StepRange.Numbers];
        int end = 0;
        for (int pair = 0; pair < pairs.Count; pair++)
        {
            StepLayout layout = Sort(lists.Keys(pairs[pair].First), pairs[pair].Last == TilePairs.NoList ? [] : lists.Keys(pairs[pair].Last));
            int length = StepLayout.Length(layout), entries = StepLayout.Steps(length) * StepLayout.KeysPerStep;
            PatternImage.WriteRange(Ranges, pair, end / MaskFragment.Side, length);
            Write(layout, keys.AsSpan(end, entries));
            for (int word = 0; word < Words; word++)
                SeenRuns.Write(layout, word, Runs.AsSpan((pair * Words + word) * StepRange.Numbers, StepRange.Numbers));
            end += entries;
        }

        // A step more than there is, so that kernels may read ahead.
        Array.Resize(ref keys, end + StepLayout.KeysPerStep);
        Keys = keys;
    }

    /// <summary>Entries without a key repeat one before them: what is read there is nothing that its slots do not see.</summary>
    public int[] Keys { get; }

    public int[] Ranges { get; }

    /// <summary>The <see cref="SeenRuns"/> of each [pair, word].</summary>
    public int[] Runs { get; }

    /// <summary>Entries that a pair takes at most.</summary>
    public static long MostEntries(KeyLists lists, int first, int last) =>
        lists.Keys(first).Length + (last == TilePairs.NoList ? 0L : lists.Keys(last).Length) + StepLayout.MostAdded;

    /// <summary>Sorts the keys of two lists by the tiles that see them, which leaves them ascending, and lays them out.</summary>
    /// <remarks>
    /// Keys are written in any case, and kept by counting: where one belongs cannot be foretold, and branches would be mispredicted.
    /// </remarks>
    private StepLayout Sort(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        Span<int> firstKeys = _first, bothKeys = _both, lastKeys = _last;
        Span<byte> isInLeft = _isInLeft;
        int first = 0, both = 0, last = 0;
        foreach (int key in left)
            isInLeft[key] = 1;
        foreach (int key in right)
        {
            int isInBoth = isInLeft[key];
            isInLeft[key] = 0;
            bothKeys[both] = lastKeys[last] = key;
            both += isInBoth;
            last += 1 - isInBoth;
        }

        // What is still marked is in no other list.
        foreach (int key in left)
        {
            firstKeys[first] = key;
            first += isInLeft[key];
            isInLeft[key] = 0;
        }

        return StepLayout.Of(first, both, last);
    }

    private void Write(StepLayout layout, Span<int> entries)
    {
        int startOfBoth = StepLayout.StartOfBoth(layout), startOfLast = StepLayout.StartOfLast(layout);
        ReadOnlySpan<int> repeated = _both.AsSpan(layout.Both, layout.Repeated);
        WriteRun(_first.AsSpan(0, layout.First - layout.Repeated), repeated, entries[..startOfBoth]);
        WriteRun(_both.AsSpan(0, layout.Both), [], entries[startOfBoth..startOfLast]);
        WriteRun(_last.AsSpan(0, layout.Last - layout.Repeated), repeated, entries[startOfLast..]);
    }

    private static void WriteRun(ReadOnlySpan<int> own, ReadOnlySpan<int> repeated, Span<int> entries)
    {
        if (entries.IsEmpty)
            return;
        own.CopyTo(entries);
        repeated.CopyTo(entries[own.Length..]);
        int keys = own.Length + repeated.Length;
        entries[keys..].Fill(entries[keys - 1]);
    }
}
