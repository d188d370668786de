namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// How a word of 64 slots is divided among warps, and what lies where in the shared memory of its group, in bytes: stages (keys, then
/// values), queries, biases. Called on the host to size a launch and on the device, where everything folds to constants.
/// </summary>
/// <remarks>A chunk is 16 elements of a row: a step of the score product, and two accumulator tiles of the output.</remarks>
internal static class AmpereLayout
{
    /// <summary>Half of what a mask fragment covers: scores of more keys leave too few registers for what is loaded ahead.</summary>
    public const int KeysPerBlock = WarpGather.Rows;

    /// <summary>One block is computed while the next arrives.</summary>
    private const int Stages = 2;

    /// <summary>Up to 128 columns of the output of 32 rows fit the registers of a warp, beside scores.</summary>
    private const int LargestWideChunks = 8;

    /// <summary>
    /// Tiles of 16 rows of a warp. What two of them have in common, keys and values, they read from shared memory once.
    /// </summary>
    public static int RowTiles(int chunks) => chunks <= LargestWideChunks ? 2 : 1;

    public static int RowsPerWarp(int chunks) => RowTiles(chunks) * 16;

    public static int Threads(int chunks) => MaskFragment.Side / RowsPerWarp(chunks) * 32;

    /// <summary>Bytes from row to row, whole multiples of what the swizzle permutes.</summary>
    public static int Pitch(int chunks) => (chunks + 3) / 4 * RowSwizzle.Span;

    /// <summary>64 rows.</summary>
    public static int TileBytes(int chunks) => MaskFragment.Side * Pitch(chunks);

    /// <summary>From the keys of a block to its values.</summary>
    public static int ValueStart(int chunks) => KeysPerBlock * Pitch(chunks);

    /// <summary>Keys and values of a block.</summary>
    public static int StageBytes(int chunks) => 2 * KeysPerBlock * Pitch(chunks);

    public static int QueryStart(int chunks) => Stages * StageBytes(chunks);

    public static int BiasStart(int chunks) => QueryStart(chunks) + TileBytes(chunks);

    public static int TotalBytes(int chunks) => BiasStart(chunks) + Stages * KeysPerBlock * sizeof(float);
}
