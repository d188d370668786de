namespace VarSparse.Kernels.Attention;

/// <summary>
/// How the keys of a masked list of two words lie in steps of 128: some steps hold keys for the first word alone, some for both, some for
/// the last word alone, and a word takes the steps that hold keys for it. Steps of the three kinds follow each other in turn, so that
/// both words find work wherever the fetches of the list have come to.
/// </summary>
/// <remarks>
/// Keys that both words see and that would fill a further step in small part stand twice instead, among those of either word, where
/// that makes fewer steps. Shared by the host, which makes images of patterns, and by the kernel that makes them on the device.
/// </remarks>
internal struct StepLayout
{
    /// <summary>Keys of a step.</summary>
    public const int KeysPerStep = 128;

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

    /// <summary>Entries of the list, those without a key included.</summary>
    public static int Length(StepLayout layout)
    {
        int first = layout.First == 0 ? 0 : PlaceInFirst(layout, layout.First - 1) + 1;
        int both = layout.Both == 0 ? 0 : PlaceInBoth(layout, layout.Both - 1) + 1;
        int last = layout.Last == 0 ? 0 : PlaceInLast(layout, layout.Last - 1) + 1;
        return Max(first, Max(both, last));
    }

    /// <summary>Where a key of the first word's steps stands.</summary>
    public static int PlaceInFirst(StepLayout layout, int rank)
    {
        int round = rank / KeysPerStep;
        return Place(round, rank);
    }

    /// <summary>Where a key of the steps of both words stands.</summary>
    public static int PlaceInBoth(StepLayout layout, int rank)
    {
        int round = rank / KeysPerStep;
        return Place(Steps(layout.First) + round, rank);
    }

    /// <summary>Where a key of the last word's steps stands.</summary>
    public static int PlaceInLast(StepLayout layout, int rank)
    {
        int round = rank / KeysPerStep;
        return Place(Steps(layout.First) + Steps(layout.Both) + round, rank);
    }

    /// <summary>The words that an entry holds a key for, a bit each; 0 for an entry without a key.</summary>
    public static int WordsOf(StepLayout layout, int place)
    {
        int first = Steps(layout.First), both = Steps(layout.Both), last = Steps(layout.Last);
        int step = place / KeysPerStep;
        for (int round = 0; round < first || round < both || round < last; round++)
        {
            int rank = round * KeysPerStep + place % KeysPerStep;
            if (round < first && step-- == 0)
                return rank < layout.First ? 1 : 0;
            if (round < both && step-- == 0)
                return rank < layout.Both ? 3 : 0;
            if (round < last && step-- == 0)
                return rank < layout.Last ? 2 : 0;
        }

        return 0;
    }

    private static StepLayout With(int first, int last, int both, int repeated) =>
        new() { First = first + repeated, Both = both, Last = last + repeated, Repeated = repeated };

    /// <summary>What the words compute comes first, then what is fetched.</summary>
    private static int Cost(StepLayout layout)
    {
        int own = Steps(layout.First) + Steps(layout.Last), both = Steps(layout.Both);
        return (own + 2 * both) * 1024 + own + both;
    }

    private static int Place(int step, int rank) => step * KeysPerStep + rank % KeysPerStep;

    private static int Min(int left, int right) => left < right ? left : right;

    private static int Max(int left, int right) => left > right ? left : right;
}
