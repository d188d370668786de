namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Where a 16-byte piece of a row lies: its number is combined with the row's by exclusive or, within 128 bytes. So the eight rows
/// that a matrix load reads at one column lie in different banks, and so do the pieces of a row that is written.
/// </summary>
internal static class RowSwizzle
{
    /// <summary>Bytes that are permuted among themselves; tiles and rows start at multiples of it.</summary>
    public const int Span = 128;

    /// <summary>Offset of a piece in a tile.</summary>
    public static uint Offset(uint row, uint piece, int pitch) =>
        row * (uint)pitch + (piece & ~7u) * 16 + ((piece ^ row) & 7) * 16;

    /// <summary>
    /// From the address of piece 0 or 1 of a row to that of the same piece of another chunk of 16 elements.
    /// </summary>
    public static uint Chunk(uint address, int chunk) => (address ^ (uint)(chunk % 4 * 32)) + (uint)(chunk / 4 * Span);

    /// <summary>
    /// Offset of the row a lane gives to a matrix load of 16 rows by 16 columns, the four matrices in the order (rows 0-7, columns
    /// 0-7), (rows 8-15, columns 0-7), (rows 0-7, columns 8-15), (rows 8-15, columns 8-15): a left operand, or a transposed right one.
    /// </summary>
    public static uint RowsFirst(uint lane, int pitch) => Offset((lane & 8) + (lane & 7), lane >> 4, pitch);

    /// <summary>The same with the middle two matrices exchanged: a right operand that lies transposed in memory, as keys do.</summary>
    public static uint ColumnsFirst(uint lane, int pitch) => Offset(((lane >> 1) & 8) + (lane & 7), (lane >> 3) & 1, pitch);
}
