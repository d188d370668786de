using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A thread's part in copying 64 gathered rows into <see cref="SwizzledTile"/> panels with the 128 threads of a warp group. A thread
/// has one 16-byte chunk of 8 neighbouring rows (4 at head dimension 64): their indices are one or two vector loads, and neighbouring
/// threads copy a row's chunks, so gathering moves the same cache lines as a contiguous read.
/// </summary>
internal struct RowGather
{
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

    /// <summary>Reads which of 128 rows the thread copies: early, so that no copy waits for its index.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="indices">Address of the 128 row indices.</param>
    /// <param name="dimension">Head dimension, 64 or 128.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static StepRows Indices(RowGather gather, ulong indices, int dimension) => new()
    {
        Upper = HalfIndices(gather, indices, dimension),
        Lower = HalfIndices(gather, indices + 256, dimension),
    };

    /// <summary>Reads which of 64 rows the thread copies.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="indices">Address of the 64 row indices.</param>
    /// <param name="dimension">Head dimension, 64 or 128.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowIndices HalfIndices(RowGather gather, ulong indices, int dimension)
    {
        indices += (ulong)gather.FirstRow * 4;
        return new RowIndices { First = GlobalBytes.Load16(indices), More = dimension == 64 ? default : GlobalBytes.Load16(indices + 16) };
    }

    /// <summary>Starts the copies of 128 rows. Those from <paramref name="count"/> on become zeros.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="rows">The rows to copy.</param>
    /// <param name="count">How many of them exist.</param>
    /// <param name="dimension">Head dimension, 64 or 128.</param>
    /// <param name="matrix">Address of row 0, the thread's chunk included.</param>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    /// <param name="panel">Shared-memory address of the first panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Start(RowGather gather, StepRows rows, int count, int dimension, ulong matrix, uint rowBytes, uint panel)
    {
        int left = count - gather.FirstRow;
        uint place = panel + gather._place;
        Copy4Pairs(rows.Upper.First, rows.Lower.First, left, matrix, rowBytes, place, gather._swizzled);
        if (dimension == 128)
            Copy4Pairs(rows.Upper.More, rows.Lower.More, left - 4, matrix, rowBytes, place + 4 * SwizzledTile.RowBytes, gather._swizzled ^ 64);
    }

    /// <summary>Starts the copies of 64 rows, of which those of negative index become zeros.</summary>
    /// <inheritdoc cref="Start"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StartHalf(RowGather gather, RowIndices rows, int dimension, ulong matrix, uint rowBytes, uint panel)
    {
        uint place = panel + gather._place;
        Copy4(rows.First, matrix, rowBytes, place, gather._swizzled);
        if (dimension == 128)
            Copy4(rows.More, matrix, rowBytes, place + 4 * SwizzledTile.RowBytes, gather._swizzled ^ 64);
    }

    /// <summary>Four rows of the upper 64, and of the lower 64 those that lie as far down: they differ in a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy4Pairs(Bytes16 upper, Bytes16 lower, int left, ulong matrix, uint rowBytes, uint place, uint swizzled)
    {
        CopyPair(upper.W0, lower.W0, left, matrix, rowBytes, place + swizzled);
        CopyPair(upper.W1, lower.W1, left - 1, matrix, rowBytes, place + SwizzledTile.RowBytes + (swizzled ^ 16));
        CopyPair(upper.W2, lower.W2, left - 2, matrix, rowBytes, place + 2 * SwizzledTile.RowBytes + (swizzled ^ 32));
        CopyPair(upper.W3, lower.W3, left - 3, matrix, rowBytes, place + 3 * SwizzledTile.RowBytes + (swizzled ^ 48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyPair(uint upper, uint lower, int left, ulong matrix, uint rowBytes, uint place)
    {
        AsyncCopy.Copy16Unless(place, FastMath.MultiplyAddWide(upper, rowBytes, matrix), left <= 0);
        AsyncCopy.Copy16Unless(place + 64 * SwizzledTile.RowBytes, FastMath.MultiplyAddWide(lower, rowBytes, matrix), left <= 64);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy4(Bytes16 rows, ulong matrix, uint rowBytes, uint place, uint swizzled)
    {
        Copy(rows.W0, matrix, rowBytes, place + swizzled);
        Copy(rows.W1, matrix, rowBytes, place + SwizzledTile.RowBytes + (swizzled ^ 16));
        Copy(rows.W2, matrix, rowBytes, place + 2 * SwizzledTile.RowBytes + (swizzled ^ 32));
        Copy(rows.W3, matrix, rowBytes, place + 3 * SwizzledTile.RowBytes + (swizzled ^ 48));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(uint row, ulong matrix, uint rowBytes, uint place) =>
        AsyncCopy.Copy16Unless(place, FastMath.MultiplyAddWide(row, rowBytes, matrix), (int)row < 0);
}

/// <summary>The rows that a thread copies of 64: 8, or 4 at head dimension 64.</summary>
internal struct RowIndices
{
    public Bytes16 First;
    public Bytes16 More;
}

/// <summary>The rows that a thread copies of a step of 128.</summary>
internal struct StepRows
{
    public RowIndices Upper;
    public RowIndices Lower;
}
