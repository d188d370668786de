namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>How a group of the Ampere kernel is cut; read at compile time.</summary>
internal interface IAmpereTiling
{
    /// <summary>Words of 64 slots that share the gathered keys, 1 or 2; four warps each, 16 slots a warp.</summary>
    static abstract int Words { get; }

    /// <summary>
    /// Blocks of 64 keys and values in shared memory. With one, keys and values take turns: the values of a block arrive while its
    /// scores are computed, the keys of the next while its values are used.
    /// </summary>
    static abstract int Stages { get; }

    /// <summary>Copies that may be under way when a block's own must have arrived: those of the blocks after it.</summary>
    static abstract int PendingCopies { get; }

    /// <summary>False keeps the queries in shared memory over the whole kernel, to be read again for every block.</summary>
    static abstract bool QueriesInRegisters { get; }
}

/// <summary>One word, two stages.</summary>
internal readonly struct OneWord : IAmpereTiling
{
    public static int Words => 1;

    public static int Stages => 2;

    public static int PendingCopies => 0;

    public static bool QueriesInRegisters => true;
}

/// <summary>Two words, two stages.</summary>
internal readonly struct TwoWords : IAmpereTiling
{
    public static int Words => 2;

    public static int Stages => 2;

    public static int PendingCopies => 0;

    public static bool QueriesInRegisters => true;
}

/// <summary>One word of long rows: 64 rows of 256 elements are 32 KiB, and three such tiles are what 99 KiB hold.</summary>
internal readonly struct LongRows : IAmpereTiling
{
    public static int Words => 1;

    public static int Stages => 1;

    public static int PendingCopies => 0;

    public static bool QueriesInRegisters => false;
}
