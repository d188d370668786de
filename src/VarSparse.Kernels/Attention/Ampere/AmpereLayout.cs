namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// What lies where in the shared memory of the Ampere kernel, in bytes: stages (keys, then values), queries (over the last stage if
/// they move to registers), headers. Called on the host to size a launch and on the device, where everything folds to constants.
/// </summary>
/// <remarks>A chunk is 16 elements of a row: a step of the score product, and two accumulator tiles of the output.</remarks>
internal static class AmpereLayout
{
    public const int ThreadsPerWord = 128;

    public const int KeysPerBlock = MaskFragment.Side;

    /// <summary>A header describes a block: 64 key indices, 64 biases, a state for each of up to two words.</summary>
    public const int HeaderBytes = HeaderStates + 16;

    public const int HeaderBiases = KeysPerBlock * sizeof(int);

    public const int HeaderStates = HeaderBiases + KeysPerBlock * sizeof(float);

    public static int Threads(int words) => ThreadsPerWord * words;

    /// <summary>Bytes from row to row, whole multiples of what the swizzle permutes.</summary>
    public static int Pitch(int chunks) => (chunks + 3) / 4 * RowSwizzle.Span;

    /// <summary>64 rows.</summary>
    public static int TileBytes(int chunks) => MaskFragment.Side * Pitch(chunks);

    public static int StageBytes(int chunks) => 2 * TileBytes(chunks);

    public static int QueryStart(int chunks, int stages, bool inRegisters) => (inRegisters ? stages - 1 : stages) * StageBytes(chunks);

    public static int HeaderStart(int chunks, int words, int stages, bool inRegisters) =>
        stages * StageBytes(chunks) + (inRegisters ? 0 : words * TileBytes(chunks));

    /// <summary>One for the block in use, for each block that is on its way, and for the one that comes next.</summary>
    public static int Headers(int pendingCopies) => pendingCopies + 3;

    public static int TotalBytes(int chunks, int words, int stages, int pendingCopies, bool inRegisters) =>
        HeaderStart(chunks, words, stages, inRegisters) + Headers(pendingCopies) * HeaderBytes;

    /// <summary>Threads that copy a row together: one for each 16 bytes, rounded up to a power of two.</summary>
    public static int ThreadsPerRow(int chunks) => chunks <= 1 ? 2 : chunks <= 2 ? 4 : chunks <= 4 ? 8 : chunks <= 8 ? 16 : 32;
}
