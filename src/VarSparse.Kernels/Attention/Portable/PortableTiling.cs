namespace VarSparse.Kernels.Attention.Portable;

/// <summary>
/// How a group of 128 threads shares the work on 64 slots and 64 keys: 16 bands of four slots by 8 lanes, and what of it lies in
/// shared memory. All of it stays below 32 KiB, the least that current devices give a group.
/// </summary>
internal static class PortableTiling
{
    public const int Threads = 128;

    /// <summary>Threads that share four slots.</summary>
    public const int Lanes = 8;

    /// <summary>Columns of queries and keys that are in shared memory at a time.</summary>
    public const int KeyColumns = 16;

    /// <summary>Columns of values that are in shared memory at a time.</summary>
    public const int ValueColumns = 32;

    // One float more than a power of two a row, so that threads that read a column hit different banks.
    public const int KeyPitch = KeyColumns + 1;
    public const int ValuePitch = ValueColumns + 1;
    public const int ScorePitch = MaskFragment.Side + 1;

    /// <summary>Floats for queries and keys of a step, or values of a step.</summary>
    public const int OperandFloats = 2 * MaskFragment.Side * KeyPitch;

    public const int ScoreFloats = MaskFragment.Side * ScorePitch;
}
