using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// A thread's part in gathering 32 rows into a tile of shared memory. The warps of a group have equal shares, which they copy some rows at
/// a time: a row is shared by a segment of neighbouring lanes, 16 bytes each, so gathering moves the same cache lines as a contiguous read.
/// Each lane holds the index of one row, and hands it to the lanes of its segment. The numbers of chunks and threads are constants.
/// </summary>
internal struct WarpGather
{
    /// <summary>Rows of a tile.</summary>
    public const int Rows = 32;

    private const int LaneBits = 5;

    /// <summary>Which row the lane holds the index of.</summary>
    public uint HeldRow;

    /// <summary>Where the lane's piece lies in a row, in bytes.</summary>
    public uint PieceBytes;

    private bool _hasPiece;
    private uint _place;
    private uint _swizzled;

    /// <param name="chunks">Chunks of 16 elements a row.</param>
    /// <param name="threads">Threads of the group.</param>
    public static WarpGather Of(int chunks, int threads)
    {
        // Shifts, not divisions: the assembler does not replace even those by a constant.
        int segmentBits = SegmentBits(chunks), passes = Passes(chunks, threads);
        uint lane = (uint)Group.IdxX & 31, piece = lane & ((1u << segmentBits) - 1);
        uint firstRow = ((uint)Group.IdxX >> LaneBits) * (uint)(passes << (LaneBits - segmentBits)) + (lane >> segmentBits);
        bool hasRows = firstRow < Rows;
        firstRow &= Rows - 1;
        return new WarpGather
        {
            HeldRow = firstRow + ((piece & (uint)(passes - 1)) << (LaneBits - segmentBits)),
            PieceBytes = piece * 16,
            _hasPiece = hasRows && piece < 2 * chunks,
            _place = firstRow * (uint)AmpereLayout.Pitch(chunks) + (piece & ~7u) * 16,
            _swizzled = ((piece ^ firstRow) & 7) * 16,
        };
    }

    /// <summary>Starts the copies of the thread's rows.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="index">The index of the row that the lane holds.</param>
    /// <param name="rows">Where rows come from.</param>
    /// <param name="tile">Shared address of the tile.</param>
    /// <param name="chunks">Chunks of 16 elements a row.</param>
    /// <param name="threads">Threads of the group.</param>
    public static void Start<TRows>(WarpGather gather, uint index, TRows rows, uint tile, int chunks, int threads)
        where TRows : struct, ICopiedRows
    {
        uint place = tile + gather._place;
        Copy(gather, index, rows, place, chunks, threads, 0);
        if (Passes(chunks, threads) > 1)
            Copy(gather, index, rows, place, chunks, threads, 1);
        if (Passes(chunks, threads) > 2)
        {
            Copy(gather, index, rows, place, chunks, threads, 2);
            Copy(gather, index, rows, place, chunks, threads, 3);
        }

        if (Passes(chunks, threads) > 4)
        {
            Copy(gather, index, rows, place, chunks, threads, 4);
            Copy(gather, index, rows, place, chunks, threads, 5);
            Copy(gather, index, rows, place, chunks, threads, 6);
            Copy(gather, index, rows, place, chunks, threads, 7);
        }
    }

    /// <summary>Whether no lane before holds the index of the same row, where there are no more segments than rows.</summary>
    public static bool IsFirstHolder(int chunks, int threads) =>
        (Group.IdxX & ((1 << SegmentBits(chunks)) - 1)) < Passes(chunks, threads);

    /// <summary>Lanes of a segment, a power of two: one for each 16 bytes of a row.</summary>
    private static int SegmentBits(int chunks) => chunks <= 1 ? 1 : chunks <= 2 ? 2 : chunks <= 4 ? 3 : chunks <= 8 ? 4 : 5;

    /// <summary>How many rows a segment copies.</summary>
    private static int Passes(int chunks, int threads) => Math.Max((Rows << SegmentBits(chunks)) / threads, 1);

    /// <summary>Segments can be longer than rows, and more than there are rows.</summary>
    private static bool AllHavePieces(int chunks, int threads) =>
        1 << SegmentBits(chunks) == 2 * chunks && Rows << SegmentBits(chunks) >= threads;

    private static void Copy<TRows>(WarpGather gather, uint index, TRows rows, uint place, int chunks, int threads, int pass)
        where TRows : struct, ICopiedRows
    {
        int segmentBits = SegmentBits(chunks);
        int row = pass << (LaneBits - segmentBits);
        uint of = WarpSegment.Shuffle(index, pass, 1 << segmentBits);
        if (AllHavePieces(chunks, threads) || gather._hasPiece)
            rows.Copy(of, place + (gather._swizzled ^ (uint)((row & 7) * 16)) + (uint)(row * AmpereLayout.Pitch(chunks)));
    }
}
