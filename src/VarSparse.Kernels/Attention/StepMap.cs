namespace VarSparse.Kernels.Attention;

/// <summary>
/// Which steps of 128 keys a word of a list sees, and which of these whole: a bit each for the first 128 steps, first in the lowest bit of
/// the first number. Later steps count as seen, and their masks decide.
/// </summary>
/// <remarks>
/// While a word waits for the keys of its next step it holds the values of its last one, and the ring of stages has room for the keys
/// and values of one step between them. So of steps that lie between seen ones, two or more together count as seen too.
/// </remarks>
internal static class StepMap
{
    /// <summary>Steps that have bits.</summary>
    public const int Steps = 128;

    /// <summary>Numbers of a map: bits of seen steps, then of those seen whole.</summary>
    public const int Numbers = 2 * Steps / 32;

    /// <summary>Writes the map of a word from the states of its blocks of 64 keys.</summary>
    /// <param name="states">The <see cref="BlockState"/> of each [block, word] of a list, whole steps.</param>
    /// <param name="words">Words of a tile.</param>
    /// <param name="word">Which word.</param>
    /// <param name="map">Where the <see cref="Numbers"/> go; zero.</param>
    public static void Write(ReadOnlySpan<byte> states, int words, int word, Span<int> map)
    {
        int lastSeen = -1;
        for (int step = 0; step < Math.Min(states.Length / (2 * words), Steps); step++)
        {
            byte left = states[2 * step * words + word], right = states[(2 * step + 1) * words + word];
            if (left == BlockState.Hidden && right == BlockState.Hidden)
                continue;
            Set(map, step);
            if (left == BlockState.Full && right == BlockState.Full)
                Set(map[(Numbers / 2)..], step);
            for (int between = lastSeen + 1; lastSeen >= 0 && step - lastSeen > 2 && between < step; between++)
                Set(map, between);
            lastSeen = step;
        }
    }

    private static void Set(Span<int> bits, int step) => bits[step / 32] |= 1 << (step % 32);
}
