namespace VarSparse.Kernels.Attention;

/// <summary>
/// Which steps of 128 keys a word of a list takes: all from the first that it sees to the last, and for each of the first 32 steps a bit
/// whether it sees that whole. Later steps count as seen in part, and their masks decide.
/// </summary>
internal static class StepRange
{
    /// <summary>Steps that have bits.</summary>
    public const int Bits = 32;

    /// <summary>Numbers of a range: the first step, the end of the steps, the bits, and 0.</summary>
    public const int Numbers = 4;

    /// <summary>Writes the range of a word from the states of its blocks of 64 keys.</summary>
    /// <param name="states">The <see cref="BlockState"/> of each [block, word] of a list, whole steps.</param>
    /// <param name="words">Words of a tile.</param>
    /// <param name="word">Which word.</param>
    /// <param name="range">Where the <see cref="Numbers"/> go; zero.</param>
    public static void Write(ReadOnlySpan<byte> states, int words, int word, Span<int> range)
    {
        for (int step = 0; step < states.Length / (2 * words); step++)
        {
            byte left = states[2 * step * words + word], right = states[(2 * step + 1) * words + word];
            if (left == BlockState.Hidden && right == BlockState.Hidden)
                continue;
            if (range[1] == 0)
                range[0] = step;
            range[1] = step + 1;
            if (left == BlockState.Full && right == BlockState.Full && step < Bits)
                range[2] |= 1 << step;
        }
    }
}
