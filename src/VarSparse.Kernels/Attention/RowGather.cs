using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A thread's part in copying gathered rows into <see cref="SwizzledTile"/> panels with the 128 threads of a warp group. A thread has one
/// 16-byte chunk of 8 neighbouring rows of 64 (4 at head dimension 64), and neighbouring threads copy a row's chunks, so gathering moves
/// the same cache lines as a contiguous read. Of 128 rows a warp copies 16 of the upper half and 16 of the lower: each lane holds the index
/// of one of them, and shuffles give it to those that copy it.
/// </summary>
internal struct RowGather
{
    private const int HalfRows = 64;
    private const int RowsOfWarp = 16;

    /// <summary>The thread's first row of 64.</summary>
    public int FirstRow;

    /// <summary>Where its chunk lies in a row, in bytes.</summary>
    public uint ChunkBytes;

    private uint _place;
    private uint _swizzled;

    /// <summary>The part of a thread, for panels of a matrix that lie <paramref name="panelBytes"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowGather Of(int thread, int dimension, int panelBytes)
    {
        // Shifts, not divisions: the assembler does not replace even those by a constant.
        int chunkBits = dimension == 64 ? 3 : 4;
        int chunk = thread & ((1 << chunkBits) - 1);
        int firstRow = thread >> chunkBits << (dimension == 64 ? 2 : 3);
        return new RowGather
        {
            FirstRow = firstRow,
            ChunkBytes = (uint)chunk * 16,
            _place = (uint)((chunk >> 3) * panelBytes + firstRow * SwizzledTile.RowBytes),
            _swizzled = (uint)(((chunk ^ firstRow) & 7) << 4),
        };
    }

    /// <summary>Reads the index that the lane holds of 128 rows: early, so that no copy waits for it.</summary>
    /// <param name="indices">Address of the 128 row indices.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Indices(ulong indices, int thread) =>
        (int)GlobalBytes.Load4(indices + (ulong)((thread >> 5) * RowsOfWarp + (thread & 15) + (thread & 16) * (HalfRows / RowsOfWarp)) * 4);

    /// <summary>Reads the index that the lane holds of 64 rows.</summary>
    /// <param name="indices">Address of the 64 row indices.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int HalfIndices(ulong indices, int thread) =>
        (int)GlobalBytes.Load4(indices + (ulong)((thread >> 5) * RowsOfWarp + (thread & 15)) * 4);

    /// <summary>Starts the copies of 128 rows. Those from <paramref name="count"/> on become zeros.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="index">The index that the lane holds.</param>
    /// <param name="count">How many of the rows exist.</param>
    /// <param name="dimension">Head dimension, 64 or 128.</param>
    /// <param name="matrix">Address of row 0, the thread's chunk included.</param>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    /// <param name="panel">Shared-memory address of the first panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Start(RowGather gather, int index, int count, int dimension, ulong matrix, uint rowBytes, uint panel)
    {
        int left = count - gather.FirstRow;
        uint place = panel + gather._place;
        Copy4Pairs(gather, index, 0, left, matrix, rowBytes, place, gather._swizzled);
        if (dimension == 128)
            Copy4Pairs(gather, index, 4, left, matrix, rowBytes, place, gather._swizzled ^ 64);
    }

    /// <summary>Starts the copies of 64 rows, of which those of negative index become zeros.</summary>
    /// <inheritdoc cref="Start"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StartHalf(RowGather gather, int index, int dimension, ulong matrix, uint rowBytes, uint panel)
    {
        uint place = panel + gather._place;
        Copy4(gather, index, 0, matrix, rowBytes, place, gather._swizzled);
        if (dimension == 128)
            Copy4(gather, index, 4, matrix, rowBytes, place, gather._swizzled ^ 64);
    }

    /// <summary>Four of the thread's rows from one on, of the upper 64 and as far down of the lower: they differ in a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy4Pairs(RowGather gather, int index, int row, int left, ulong matrix, uint rowBytes, uint place, uint swizzled)
    {
        CopyPair(gather, index, row, left, matrix, rowBytes, place + swizzled);
        CopyPair(gather, index, row + 1, left, matrix, rowBytes, place + (swizzled ^ 16));
        CopyPair(gather, index, row + 2, left, matrix, rowBytes, place + (swizzled ^ 32));
        CopyPair(gather, index, row + 3, left, matrix, rowBytes, place + (swizzled ^ 48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyPair(RowGather gather, int index, int row, int left, ulong matrix, uint rowBytes, uint place)
    {
        place += (uint)row * SwizzledTile.RowBytes;
        AsyncCopy.Copy16Unless(place, Address(gather, index, row, matrix, rowBytes), left <= row);
        AsyncCopy.Copy16Unless(
            place + HalfRows * SwizzledTile.RowBytes, Address(gather, index, RowsOfWarp + row, matrix, rowBytes), left <= HalfRows + row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy4(RowGather gather, int index, int row, ulong matrix, uint rowBytes, uint place, uint swizzled)
    {
        Copy(gather, index, row, matrix, rowBytes, place + swizzled);
        Copy(gather, index, row + 1, matrix, rowBytes, place + (swizzled ^ 16));
        Copy(gather, index, row + 2, matrix, rowBytes, place + (swizzled ^ 32));
        Copy(gather, index, row + 3, matrix, rowBytes, place + (swizzled ^ 48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(RowGather gather, int index, int row, ulong matrix, uint rowBytes, uint place)
    {
        int of = Warp.Shuffle(index, (gather.FirstRow & (RowsOfWarp - 1)) + row);
        AsyncCopy.Copy16Unless(place + (uint)row * SwizzledTile.RowBytes, FastMath.MultiplyAddWide((uint)of, rowBytes, matrix), of < 0);
    }

    /// <summary>Where a row lies whose index a lane of the warp holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Address(RowGather gather, int index, int row, ulong matrix, uint rowBytes) => FastMath.MultiplyAddWide(
        (uint)Warp.Shuffle(index, (gather.FirstRow & (RowsOfWarp - 1)) + row), rowBytes, matrix);
}
