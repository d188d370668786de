namespace VarSparse.Kernels.Intrinsics;

/// <summary>Sixteen bytes as four 32-bit words in memory order: what one vector load or store moves.</summary>
/// <param name="w0">Bytes 0 to 3, little-endian.</param>
/// <param name="w1">Bytes 4 to 7.</param>
/// <param name="w2">Bytes 8 to 11.</param>
/// <param name="w3">Bytes 12 to 15.</param>
public struct Bytes16(uint w0, uint w1, uint w2, uint w3)
{
    /// <summary>Bytes 0 to 3, little-endian.</summary>
    public uint W0 = w0;

    /// <summary>Bytes 4 to 7.</summary>
    public uint W1 = w1;

    /// <summary>Bytes 8 to 11.</summary>
    public uint W2 = w2;

    /// <summary>Bytes 12 to 15.</summary>
    public uint W3 = w3;
}
