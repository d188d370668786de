namespace VarSparse.Kernels.Attention;

/// <summary>What 64 query slots see of a block of 64 keys. Stored as a byte a block and mask word.</summary>
internal static class BlockState
{
    /// <summary>No slot sees any key: the block is skipped.</summary>
    public const byte Hidden = 0;

    /// <summary>Some pairs are visible: the mask fragment decides.</summary>
    public const byte Partial = 1;

    /// <summary>Every slot that holds a query sees every key; the mask fragment says so too.</summary>
    public const byte Full = 2;
}
