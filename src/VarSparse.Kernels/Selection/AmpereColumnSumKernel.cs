using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// Sums of attention probabilities over the queries of a tile, by key, with mma.sync, ldmatrix and cp.async (sm_80 and later). The
/// probabilities come from the scores and each query's log-sum-exp, so nothing larger than a block of scores ever exists. A group takes
/// a tile and a run of blocks of 64 keys; its four warps 16 slots each of 64 at a time.
/// </summary>
internal static class AmpereColumnSumKernel
{
    public const int Threads = 128;

    private const int Warps = Threads / GroupScan.LanesPerWarp;

    /// <summary>Blocks of 64 keys of a group: few enough to fill a device, many enough that queries are loaded seldom.</summary>
    public const int BlocksPerRun = 16;

    private const int WarpSumBytes = Warps * MaskFragment.Side * sizeof(float);

    /// <summary>Dynamic shared memory: queries, two blocks of keys, and sums of the warps for two blocks.</summary>
    public static int DynamicBytes(int chunks) => 3 * AmpereLayout.TileBytes(chunks) + 2 * WarpSumBytes;

    /// <typeparam name="TElement">bf16 or fp16.</typeparam>
    /// <typeparam name="TQuery">The queries of a warp; its columns are the head dimension.</typeparam>
    /// <param name="p">The problem.</param>
    public static void Run<TElement, TQuery>(ColumnSumParameters p)
        where TElement : unmanaged, IMatrixElement
        where TQuery : unmanaged, IQueryFragments<TQuery>
    {
        uint queryTile = SharedBytes.Base();
        int chunks = TQuery.Chunks;
        int pitch = AmpereLayout.Pitch(chunks);
        uint tileBytes = (uint)AmpereLayout.TileBytes(chunks);
        uint keyTiles = queryTile + tileBytes;
        uint warpSums = keyTiles + 2 * tileBytes;
        int thread = Group.IdxX;
        uint lane = (uint)thread % GroupScan.LanesPerWarp;
        int warp = thread / GroupScan.LanesPerWarp;

        int blocks = (p.KeyCount + MaskFragment.Side - 1) / MaskFragment.Side;
        int runs = (blocks + BlocksPerRun - 1) / BlocksPerRun;
        int tile = Grid.IdxX / runs;
        int first = Grid.IdxX % runs * BlocksPerRun;
        int end = Math.Min(first + BlocksPerRun, blocks);
        int matrix = Grid.IdxZ * p.Heads + Grid.IdxY;
        TilePatch patch = TileGrid.Patch(p.Tiles, tile);
        WarpGather gather = WarpGather.Of(chunks, Threads);
        var queryRows = new RowsOrZeros(new(
            p.Queries, Grid.IdxZ * p.QueryBatchStride + Grid.IdxY * p.QueryHeadStride, p.QueryTokenStride, gather.PieceBytes));
        var keyRows = new RowsOrZeros(new(
            p.Keys, Grid.IdxZ * p.KeyBatchStride + Grid.IdxY * p.KeyHeadStride, p.KeyTokenStride, gather.PieceBytes));

        for (int word = 0; word < p.Tiles.WordsPerTile; word++)
        {
            // The word before has used up what is in shared memory.
            Group.Barrier();
            CopyQueries(p, gather, queryRows, patch, word, queryTile, chunks);
            CopyKeys(p, gather, keyRows, first, keyTiles, chunks);
            AsyncCopy.Commit();
            int slot = word * MaskFragment.Side + warp * 16 + (int)lane / 4;
            var probabilities = new Exponential(
                p.ScaleLog2,
                ColumnSumParameters.Offset(p, matrix, TileGrid.Query(p.Tiles, patch, slot)),
                ColumnSumParameters.Offset(p, matrix, TileGrid.Query(p.Tiles, patch, slot + 8)));
            AsyncCopy.Wait(0);
            Group.Barrier();
            TQuery queries = TQuery.Load(queryTile + (uint)(warp * 16 * pitch) + RowSwizzle.RowsFirst(lane, pitch), 0);
            for (int block = first; block < end; block++)
            {
                uint turn = (uint)(block - first) & 1;
                if (block + 1 < end)
                    CopyKeys(p, gather, keyRows, block + 1, keyTiles + (1 - turn) * tileBytes, chunks);
                AsyncCopy.Commit();
                uint keys = keyTiles + turn * tileBytes + RowSwizzle.ColumnsFirst(lane, pitch);
                uint sums = warpSums + turn * WarpSumBytes, ownSums = sums + (uint)warp * (MaskFragment.Side * sizeof(float));
                BlockScores scores = TQuery.AddScores<TElement>(default, queries, keys, pitch, 0);
                StoreColumnSums(BlockScores.Map(scores, probabilities), ownSums, lane);
                scores = TQuery.AddScores<TElement>(default, queries, keys + (uint)(32 * pitch), pitch, 0);
                StoreColumnSums(BlockScores.Map(scores, probabilities), ownSums + 32 * sizeof(float), lane);

                // The next block has arrived for all, the sums are there, and this block's keys are used up.
                AsyncCopy.Wait(0);
                Group.Barrier();
                int key = block * MaskFragment.Side + thread;
                if (thread < MaskFragment.Side && key < p.KeyCount)
                    ColumnSumParameters.AddSum(p, matrix, tile, word, key, SumOfWarps(sums + (uint)thread * sizeof(float)));
            }
        }
    }

    private static void CopyQueries(
        ColumnSumParameters p, WarpGather gather, RowsOrZeros rows, TilePatch patch, int word, uint target, int chunks)
    {
        int slot = word * MaskFragment.Side + (int)gather.HeldRow;
        WarpGather.Start(gather, (uint)TileGrid.Query(p.Tiles, patch, slot), rows, target, chunks, Threads);
        WarpGather.Start(
            gather, (uint)TileGrid.Query(p.Tiles, patch, slot + WarpGather.Rows), rows, target + SecondHalf(chunks), chunks, Threads);
    }

    private static void CopyKeys(ColumnSumParameters p, WarpGather gather, RowsOrZeros rows, int block, uint target, int chunks)
    {
        int key = block * MaskFragment.Side + (int)gather.HeldRow;
        WarpGather.Start(gather, Key(p, key), rows, target, chunks, Threads);
        WarpGather.Start(gather, Key(p, key + WarpGather.Rows), rows, target + SecondHalf(chunks), chunks, Threads);
    }

    /// <summary>Bytes from a tile's first 32 rows to its last.</summary>
    private static uint SecondHalf(int chunks) => (uint)(WarpGather.Rows * AmpereLayout.Pitch(chunks));

    private static uint Key(ColumnSumParameters p, int key) => key < p.KeyCount ? (uint)key : uint.MaxValue;

    /// <summary>Sums of the warp's 16 rows. Lanes of equal lane mod 4 hold the same columns of different rows.</summary>
    private static void StoreColumnSums(BlockScores scores, uint sums, uint lane)
    {
        StorePair(scores.Keys0, sums, lane);
        StorePair(scores.Keys16, sums + 16 * sizeof(float), lane);
    }

    private static void StorePair(AccumulatorPair pair, uint sums, uint lane)
    {
        float left0 = OverRows(pair.Left.Top0 + pair.Left.Bottom0), left1 = OverRows(pair.Left.Top1 + pair.Left.Bottom1);
        float right0 = OverRows(pair.Right.Top0 + pair.Right.Bottom0), right1 = OverRows(pair.Right.Top1 + pair.Right.Bottom1);
        if (lane >= 4)
            return;
        sums += lane * (2 * sizeof(float));
        SharedBytes.Store4(sums, Interop.FloatAsInt(left0));
        SharedBytes.Store4(sums + 4, Interop.FloatAsInt(left1));
        SharedBytes.Store4(sums + 32, Interop.FloatAsInt(right0));
        SharedBytes.Store4(sums + 36, Interop.FloatAsInt(right1));
    }

    private static float OverRows(float value)
    {
        value += Warp.ShuffleXor(value, 4);
        value += Warp.ShuffleXor(value, 8);
        return value + Warp.ShuffleXor(value, 16);
    }

    private static float SumOfWarps(uint place)
    {
        float sum = 0;
        for (uint warp = 0; warp < Warps; warp++)
            sum += Interop.IntAsFloat(SharedBytes.Load4(place + warp * (MaskFragment.Side * sizeof(float))));
        return sum;
    }
}
