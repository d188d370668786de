namespace VarSparse.Kernels.Attention;

/// <summary>
/// Which entries of a list without a mask a word of a pair of tiles sees: two runs of them that start with a step each and follow each other
/// in steps. Of the first word these are its own keys and those of both words, of the last word those of both and its own.
/// </summary>
internal static class SeenRuns
{
    /// <summary>Writes what a word sees of a list.</summary>
    /// <param name="layout">How the list's keys lie.</param>
    /// <param name="word">0 or 1.</param>
    /// <param name="runs">Where the first step, the end of the first run, that of the last, and 0 go; zero, as it stays for a word that sees nothing.</param>
    public static void Write(StepLayout layout, int word, Span<int> runs)
    {
        int both = StepLayout.StartOfBoth(layout), last = StepLayout.StartOfLast(layout), endOfBoth = both + layout.Both;
        int own = word == 0 ? layout.First : layout.Last;
        if (own == 0 && layout.Both == 0)
            return;
        runs[0] = word == 0 ? 0 : both / StepLayout.KeysPerStep;
        runs[1] = word == 0 ? own : endOfBoth;
        runs[2] = word == 0 ? (layout.Both > 0 ? endOfBoth : own) : (own > 0 ? last + own : endOfBoth);
    }
}
