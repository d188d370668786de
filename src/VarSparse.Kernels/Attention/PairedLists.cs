using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The lists of <see cref="TilePairs"/> as a <see cref="PatternImage"/> holds them: the keys of both tiles, each once, in the order of
/// <see cref="StepLayout"/>, and what either tile sees of them.
/// </summary>
internal sealed class PairedLists
{
    private const int Words = 2;

    // The keys of a pair that its first tile sees alone, both see, and the last sees alone.
    private readonly int[] _first;
    private readonly int[] _both;
    private readonly int[] _last;

    /// <param name="lists">Lists without a mask.</param>
    /// <param name="pairs">Which of them go together.</param>
    /// <param name="room">At least as many entries as all pairs take.</param>
    public PairedLists(KeyLists lists, IReadOnlyList<(int First, int Last)> pairs, int room)
    {
        _first = new int[lists.LongestList + 1];
        _both = new int[lists.LongestList + 1];
        _last = new int[lists.LongestList + 1];
        var keys = new int[room];
        Ranges = new int[pairs.Count * 4];
        Runs = new int[pairs.Count * Words * StepRange.Numbers];
        int end = 0;
        for (int pair = 0; pair < pairs.Count; pair++)
        {
            StepLayout layout = Split(lists.Keys(pairs[pair].First), pairs[pair].Last == TilePairs.NoList ? [] : lists.Keys(pairs[pair].Last));
            int length = StepLayout.Length(layout);
            PatternImage.WriteRange(Ranges, pair, end / MaskFragment.Side, length);
            Write(layout, keys.AsSpan(end, length));
            for (int word = 0; word < Words; word++)
                SeenRuns.Write(layout, word, Runs.AsSpan((pair * Words + word) * StepRange.Numbers, StepRange.Numbers));
            end += StepLayout.Steps(length) * StepLayout.KeysPerStep;
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

    /// <summary>Entries that a pair takes at most: a layout in steps adds three steps, and keys that stand twice less than another.</summary>
    public static long MostEntries(KeyLists lists, int first, int last) =>
        lists.Keys(first).Length + (last == TilePairs.NoList ? 0L : lists.Keys(last).Length) + 4 * StepLayout.KeysPerStep;

    /// <summary>Merges two ascending lists.</summary>
    private StepLayout Split(ReadOnlySpan<int> left, ReadOnlySpan<int> right)
    {
        int first = 0, both = 0, last = 0, l = 0, r = 0;
        while (l < left.Length && r < right.Length)
        {
            // Everything is written and what counts is kept: which of the three it is cannot be foretold, and branches would be mispredicted.
            int a = left[l], b = right[r];
            _first[first] = _both[both] = a;
            _last[last] = b;
            first += a < b ? 1 : 0;
            both += a == b ? 1 : 0;
            last += a > b ? 1 : 0;
            l += a <= b ? 1 : 0;
            r += a >= b ? 1 : 0;
        }

        left[l..].CopyTo(_first.AsSpan(first));
        right[r..].CopyTo(_last.AsSpan(last));
        return StepLayout.Of(first + left.Length - l, both, last + right.Length - r);
    }

    private void Write(StepLayout layout, Span<int> entries)
    {
        int startOfBoth = StepLayout.StartOfBoth(layout), startOfLast = StepLayout.StartOfLast(layout);
        ReadOnlySpan<int> repeated = _both.AsSpan(layout.Both, layout.Repeated);
        WriteRun(_first.AsSpan(0, layout.First - layout.Repeated), repeated, entries[..Math.Min(startOfBoth, entries.Length)]);
        WriteRun(_both.AsSpan(0, layout.Both), [], entries[Math.Min(startOfBoth, entries.Length)..Math.Min(startOfLast, entries.Length)]);
        WriteRun(_last.AsSpan(0, layout.Last - layout.Repeated), repeated, entries[Math.Min(startOfLast, entries.Length)..]);
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
