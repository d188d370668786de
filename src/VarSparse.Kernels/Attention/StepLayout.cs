namespace VarSparse.Kernels.Attention;

/// <summary>
/// How the keys of a list of two words, masked or of a pair of tiles, lie in steps of 128: first the steps that hold keys for the first word alone, then those for
/// both, then those for the last word alone, so that a word takes steps that follow each other, and no more of them than its keys fill.
/// </summary>
/// <remarks>
/// Keys that both words see and that would fill a further step in small part stand twice instead, among those of either word, where
/// that makes fewer steps. Shared by the host, which makes images of patterns, and by the kernel that makes them on the device.
/// </remarks>
internal struct StepLayout
{
    /// <summary>Keys of a step.</summary>
    public const int KeysPerStep = 128;

    /// <summary>Entries that a layout adds to its keys at most: less than three steps that are filled in part, and less than one of keys that stand twice.</summary>
    public const int MostAdded = 4 * KeysPerStep;

    /// <summary>Keys in steps of the first word alone.</summary>
    public int First;

    /// <summary>Keys in steps of both words.</summary>
    public int Both;

    /// <summary>Keys in steps of the last word alone.</summary>
    public int Last;

    /// <summary>How many keys that both words see stand twice: they are the first ones after those in steps of both.</summary>
    public int Repeated;

    /// <param name="first">Keys that only the first word sees.</param>
    /// <param name="both">Keys that both words see.</param>
    /// <param name="last">Keys that only the last word sees.</param>
    public static StepLayout Of(int first, int both, int last)
    {
        StepLayout repeating = With(first, last, both / KeysPerStep * KeysPerStep, both % KeysPerStep);
        StepLayout plain = With(first, last, both, repeated: 0);
        return Cost(repeating) < Cost(plain) ? repeating : plain;
    }

    /// <summary>Steps that hold so many keys.</summary>
    public static int Steps(int keys) => (keys + KeysPerStep - 1) / KeysPerStep;

    /// <summary>Where the first key of the steps of both words stands.</summary>
    public static int StartOfBoth(StepLayout layout) => Steps(layout.First) * KeysPerStep;

    /// <summary>Where the first key of the last word's steps stands.</summary>
    public static int StartOfLast(StepLayout layout) => StartOfBoth(layout) + Steps(layout.Both) * KeysPerStep;

    /// <summary>Entries of the list, those without a key included.</summary>
    public static int Length(StepLayout layout) =>
        layout.Last > 0 ? StartOfLast(layout) + layout.Last : layout.Both > 0 ? StartOfBoth(layout) + layout.Both : layout.First;

    /// <summary>The words that an entry holds a key for, a bit each; 0 for an entry without a key.</summary>
    public static int WordsOf(StepLayout layout, int place)
    {
        int both = StartOfBoth(layout), last = StartOfLast(layout);
        if (place < both)
            return place < layout.First ? 1 : 0;
        if (place < last)
            return place < both + layout.Both ? 3 : 0;
        return place < last + layout.Last ? 2 : 0;
    }

    private static StepLayout With(int first, int last, int both, int repeated) =>
        new() { First = first + repeated, Both = both, Last = last + repeated, Repeated = repeated };

    /// <summary>What the words compute comes first, then what is fetched.</summary>
    private static int Cost(StepLayout layout)
    {
        int own = Steps(layout.First) + Steps(layout.Last), both = Steps(layout.Both);
        return (own + 2 * both) * 1024 + own + both;
    }
}
