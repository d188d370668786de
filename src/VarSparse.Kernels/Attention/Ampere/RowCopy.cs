using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Gathers rows of a head into a tile of shared memory, 16 bytes a copy. Each thread has a piece of the row, and rows in fours: it reads
/// four indices at once and copies its piece of those rows.
/// </summary>
internal readonly struct RowCopy
{
    /// <summary>Global address of the thread's piece of row 0.</summary>
    private readonly ulong _source;

    private readonly uint _rowBytes;

    /// <param name="tensor">Address of the tensor.</param>
    /// <param name="headOffset">Elements from there to the head.</param>
    /// <param name="tokenStride">Elements from row to row.</param>
    /// <param name="chunks">Chunks of 16 elements a row.</param>
    public RowCopy(ulong tensor, long headOffset, long tokenStride, int chunks)
    {
        _source = tensor + (ulong)headOffset * sizeof(ushort) + Piece(chunks) * 16;
        _rowBytes = (uint)tokenStride * sizeof(ushort);
    }

    /// <summary>Threads beyond the row's end have nothing to copy.</summary>
    public static bool HasPiece(int chunks) => ThreadsPerRow(chunks) == 2 * chunks || Piece(chunks) < 2 * chunks;

    /// <summary>The thread's piece of a row.</summary>
    private static uint Piece(int chunks) => (uint)Group.IdxX % (uint)ThreadsPerRow(chunks);

    /// <summary>The thread's first four rows; the next ones follow in steps of <see cref="FoursPerPass"/>.</summary>
    public static uint FirstFour(int chunks) => (uint)Group.IdxX / (uint)ThreadsPerRow(chunks);

    public static uint FoursPerPass(int chunks) => (uint)(128 / ThreadsPerRow(chunks));

    private static int ThreadsPerRow(int chunks) => chunks <= 1 ? 2 : chunks <= 2 ? 4 : chunks <= 4 ? 8 : chunks <= 8 ? 16 : 32;

    /// <summary>Starts the copies of four rows. A negative index stands for a row of zeros.</summary>
    /// <param name="target">Shared address of the tile.</param>
    /// <param name="four">Which four rows of the tile.</param>
    /// <param name="indices">Their indices in the tensor.</param>
    /// <param name="chunks">Chunks of 16 elements a row.</param>
    public void Start(uint target, uint four, Bytes16 indices, int chunks)
    {
        int pitch = AmpereLayout.Pitch(chunks);
        uint piece = Piece(chunks);
        Start(target + RowSwizzle.Offset(four * 4, piece, pitch), (int)indices.W0);
        Start(target + RowSwizzle.Offset(four * 4 + 1, piece, pitch), (int)indices.W1);
        Start(target + RowSwizzle.Offset(four * 4 + 2, piece, pitch), (int)indices.W2);
        Start(target + RowSwizzle.Offset(four * 4 + 3, piece, pitch), (int)indices.W3);
    }

    private void Start(uint target, int index)
    {
        // Both factors fit 32 bits: one wide multiplication.
        uint row = (uint)Math.Max(index, 0);
        AsyncCopy.Copy16(target, _source + (ulong)row * _rowBytes, index < 0 ? 0 : 16);
    }
}
