using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// A thread's part in gathering 64 rows into a tile of shared memory. Each warp copies as many rows as it computes, some at a time: a row
/// is shared by a segment of neighbouring lanes, 16 bytes each, so gathering moves the same cache lines as a contiguous read. Each lane
/// holds the index of one row, and hands it to the lanes of its segment.
/// </summary>
internal struct WarpGather
{
    private const int LaneBits = 5;

    /// <summary>Which row of the 64 the lane holds the index of.</summary>
    public uint HeldRow;

    /// <summary>Where the lane's piece lies in a row, in bytes.</summary>
    public uint PieceBytes;

    private uint _place;
    private uint _swizzled;

    /// <param name="tiles">Shared address of the first tile.</param>
    /// <param name="chunks">Chunks of 16 elements a row.</param>
    /// <param name="rows">Rows that a warp copies.</param>
    public static WarpGather Of(uint tiles, int chunks, int rows)
    {
        // Shifts, not divisions: the assembler does not replace even those by a constant.
        int segmentBits = SegmentBits(chunks);
        uint lane = (uint)Group.IdxX & 31;
        uint firstRow = ((uint)Group.IdxX >> LaneBits) * (uint)rows + (lane >> segmentBits);

        // Of a segment longer than a row the last lanes repeat its last piece.
        uint piece = (uint)Math.Min((int)lane & ((1 << segmentBits) - 1), 2 * chunks - 1);
        uint pass = lane & (uint)((1 << segmentBits) - 1) & (uint)(Passes(chunks, rows) - 1);
        return new WarpGather
        {
            HeldRow = firstRow + (pass << (LaneBits - segmentBits)),
            PieceBytes = piece * 16,
            _place = tiles + firstRow * (uint)AmpereLayout.Pitch(chunks) + (piece & ~7u) * 16,
            _swizzled = ((piece ^ firstRow) & 7) * 16,
        };
    }

    /// <summary>Starts the copies of the warp's rows.</summary>
    /// <param name="gather">The thread's part.</param>
    /// <param name="index">The index of the row that the lane holds.</param>
    /// <param name="source">Global address of row 0, the lane's piece included.</param>
    /// <param name="rowBytes">Bytes from one row to the next.</param>
    /// <param name="tile">Bytes from the first tile to the one to fill, a constant.</param>
    /// <param name="chunks">Chunks of 16 elements a row.</param>
    /// <param name="rows">Rows that a warp copies.</param>
    public static void Start(WarpGather gather, uint index, ulong source, uint rowBytes, int tile, int chunks, int rows)
    {
        int passes = Passes(chunks, rows);
        Copy(gather, index, source, rowBytes, tile, chunks, 0);
        if (passes > 1)
            Copy(gather, index, source, rowBytes, tile, chunks, 1);
        if (passes > 2)
            Copy2(gather, index, source, rowBytes, tile, chunks, 2);
        if (passes > 4)
            Copy4(gather, index, source, rowBytes, tile, chunks, 4);
        if (passes > 8)
        {
            Copy4(gather, index, source, rowBytes, tile, chunks, 8);
            Copy4(gather, index, source, rowBytes, tile, chunks, 12);
        }
    }

    /// <summary>Lanes of a segment, a power of two: one for each 16 bytes of a row.</summary>
    private static int SegmentBits(int chunks) => chunks <= 1 ? 1 : chunks <= 2 ? 2 : chunks <= 4 ? 3 : chunks <= 8 ? 4 : 5;

    /// <summary>How many rows a segment copies.</summary>
    private static int Passes(int chunks, int rows) => rows >> (LaneBits - SegmentBits(chunks));

    private static void Copy4(WarpGather gather, uint index, ulong source, uint rowBytes, int tile, int chunks, int pass)
    {
        Copy2(gather, index, source, rowBytes, tile, chunks, pass);
        Copy2(gather, index, source, rowBytes, tile, chunks, pass + 2);
    }

    private static void Copy2(WarpGather gather, uint index, ulong source, uint rowBytes, int tile, int chunks, int pass)
    {
        Copy(gather, index, source, rowBytes, tile, chunks, pass);
        Copy(gather, index, source, rowBytes, tile, chunks, pass + 1);
    }

    private static void Copy(WarpGather gather, uint index, ulong source, uint rowBytes, int tile, int chunks, int pass)
    {
        int segmentBits = SegmentBits(chunks);
        int row = pass << (LaneBits - segmentBits);
        uint of = WarpSegment.Shuffle(index, pass, 1 << segmentBits);
        AsyncCopy.Copy16(
            gather._place + (gather._swizzled ^ (uint)((row & 7) * 16)) + (uint)(tile + row * AmpereLayout.Pitch(chunks)),
            FastMath.MultiplyAddWide(of, rowBytes, source));
    }
}
