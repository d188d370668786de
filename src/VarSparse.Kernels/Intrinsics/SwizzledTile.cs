namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// The layout of matrices in shared memory that <see cref="WarpGroup"/> reads: rows of 64 16-bit elements (128 bytes) one after the
/// other, in which 16-byte chunk c of row r lies at place c ^ (r mod 8). Eight rows then meet all banks whether they are read along
/// or across. A matrix of 128 columns is two such panels of 64 columns. Panels start at multiples of 1024 bytes.
/// </summary>
/// <remarks>The hardware applies the swizzle to address bits: bits 4 to 6 are exclusive-or'ed with bits 7 to 9.</remarks>
public static class SwizzledTile
{
    /// <summary>Bytes of a row of a panel.</summary>
    public const int RowBytes = 128;

    /// <summary>16-byte chunks of a row of a panel.</summary>
    public const int ChunksPerRow = 8;

    /// <summary>Bytes of eight rows: the swizzle's period, and the alignment of panels.</summary>
    public const int PeriodBytes = 1024;

    private const ulong Swizzle128 = 1UL << 62;

    /// <summary>Where a 16-byte chunk lies.</summary>
    /// <param name="row">Row in the panel.</param>
    /// <param name="chunk">Chunk in the row, 0 to 7: elements 8 chunk to 8 chunk + 7.</param>
    /// <returns>Bytes from the panel's start.</returns>
    public static uint Offset(uint row, uint chunk) => (row * RowBytes) + ((chunk ^ (row & 7)) * 16);

    /// <summary>Descriptor of an operand whose rows are the matrix's rows and whose contraction runs along them (K-major).</summary>
    /// <param name="address">Shared-memory address of the first panel at the operand's first row, a multiple of 1024.</param>
    public static ulong Rows(uint address) => Descriptor(address, 16);

    /// <summary>
    /// Descriptor of a right operand [k, n] stored row by row with n along the rows, so that the contraction runs down the columns
    /// (MN-major).
    /// </summary>
    /// <param name="address">Shared-memory address of the first panel at the first k, a multiple of 1024.</param>
    /// <param name="panelBytes">Distance to the panel of the next 64 columns; a multiple of 1024.</param>
    public static ulong Columns(uint address, int panelBytes) => Descriptor(address, panelBytes);

    // Bits 0 to 13: address / 16. Bits 16 to 29: leading byte offset / 16, the way to the next panel; it has no meaning for K-major
    // operands of one swizzled row. Bits 32 to 45: stride byte offset / 16, the way to the next eight rows. Bits 62, 63: swizzle, 1 is
    // 128 bytes.
    private static ulong Descriptor(uint address, int leadingBytes) =>
        Swizzle128 | ((ulong)(PeriodBytes / 16) << 32) | ((ulong)(uint)(leadingBytes / 16) << 16) | ((address & 0x3FFFF) >> 4);
}
