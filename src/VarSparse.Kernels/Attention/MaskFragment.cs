namespace VarSparse.Kernels.Attention;

/// <summary>
/// How the token mask of 64 query slots and 64 keys lies in memory: 128 words of 32 bits, one for each thread of the four warps
/// that hold the scores, so that a thread loads its 32 mask bits at once and tests them in order.
/// </summary>
/// <remarks>
/// This is the accumulator layout of the tensor cores (mma.sync m16n8 and wgmma m64 alike). Warp w holds slots 16 w to 16 w + 15.
/// In it, lane l holds two rows, l / 4 and l / 4 + 8, and of every 8 keys the two from 2 (l mod 4) on. Bits 0 to 15 belong to the
/// first row, two for each group of 8 keys; bits 16 to 31 to the second.
/// </remarks>
internal static class MaskFragment
{
    /// <summary>Query slots, and keys, of a fragment.</summary>
    public const int Side = 64;

    /// <summary>Threads, and so words, of a fragment.</summary>
    public const int Threads = 128;

    /// <summary>The thread that holds the score of a slot and a key.</summary>
    public static int ThreadOf(int slot, int key) => slot / 16 * 32 + slot % 8 * 4 + key % 8 / 2;

    /// <summary>The bit of that thread's word.</summary>
    public static int BitOf(int slot, int key) => slot % 16 / 8 * 16 + key / 8 * 2 + key % 2;
}
