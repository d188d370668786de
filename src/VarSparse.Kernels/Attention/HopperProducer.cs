using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The 128 threads that fetch: a tile's queries and what consumers must know of it, a tile ahead, and for every step of its list keys
/// and values, row by row into swizzled shared memory.
/// </summary>
internal static class HopperProducer<TOptions>
    where TOptions : struct, IAttentionOptions
{
    private const int Consumers = HopperAttentionKernel.Consumers;

    /// <summary>Threads, each of which makes its copies arrive at every barrier.</summary>
    public const int Threads = 128;

    /// <summary>Arrivals that make a tile complete: those of the copies, and a note for each consumer.</summary>
    public const int TileArrivals = Threads + Consumers;

    /// <summary>The matrix of a list after which the next tile's queries are fetched.</summary>
    private const int QueriesAfter = HopperRing.Stages;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, TileWork way, HopperRing ring, int dimension, int thread)
    {
        RowGather gather = RowGather.Of(thread, dimension, HopperRing.PanelBytes);
        RingPlace place = default;
        int tile = 0;
        TileWork work = TileWork.Of(p, Grid.IdxX, Consumers);
        KeyList list = KeyList.Of(p, work);
        FetchTile(p, ring, work, list, tile, dimension, thread);

        // Which rows a matrix has is read while the one before is copied.
        StepRows rows = RowGather.Indices(gather, list.Keys, dimension);
        while (work.Batch < p.Batch)
        {
            ulong keys = p.Keys + (ulong)(work.Batch * p.KeyBatchStride + work.Head * p.KeyHeadStride) * 2 + gather.ChunkBytes;
            ulong values = p.Values + (ulong)(work.Batch * p.ValueBatchStride + work.Head * p.ValueHeadStride) * 2 + gather.ChunkBytes;
            work = TileWork.Next(p, work, way, Consumers);
            KeyList nextList = KeyList.Of(p, work);
            tile++;
            int matrices = 2 * StepLayout.Steps(list.Length);
            if (matrices == 0)
                rows = RowGather.Indices(gather, nextList.Keys, dimension);
            for (int matrix = 0; matrix == 0 || matrix < matrices; matrix++)
            {
                if (matrix < matrices)
                {
                    int next = matrix + 1;
                    StepRows nextRows = RowGather.Indices(
                        gather,
                        next < matrices ? list.Keys + (ulong)HopperRing.StepOf(next, matrices) * (StepLayout.KeysPerStep * sizeof(int)) : nextList.Keys,
                        dimension);
                    bool isKeys = HopperRing.IsKeys(matrix, matrices);
                    int start = HopperRing.StepOf(matrix, matrices) * StepLayout.KeysPerStep;
                    AsyncBarrier.Wait(HopperRing.Empty(ring, RingPlace.Stage(place)), RingPlace.Parity(place) ^ 1);
                    RowGather.Start(
                        gather, rows, list.Length - start, dimension, isKeys ? keys : values,
                        (uint)(isKeys ? p.KeyTokenStride : p.ValueTokenStride) * 2, HopperRing.Matrix(ring, place, dimension));
                    if (TOptions.HasBias && isKeys)
                        FetchBias(p, list, start + thread, HopperRing.Biases(ring, place) + (uint)thread * 4);
                    AsyncBarrier.ArriveAfterCopies(HopperRing.Full(ring, RingPlace.Stage(place)));
                    place = RingPlace.Next(place);
                    rows = nextRows;
                }

                // As early as may be without a wait: this matrix had room once consumers had come to this tile and stored the one before.
                if (matrix == QueriesAfter || (matrix < QueriesAfter && matrix + 1 >= matrices))
                    FetchTile(p, ring, work, nextList, tile, dimension, thread);
            }

            list = nextList;
        }
    }

    /// <summary>
    /// Starts the copies of a tile's queries, of which slots without one become zeros, and notes what consumers must know; after the last
    /// tile, that there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchTile(AttentionParameters p, HopperRing ring, TileWork work, KeyList list, int tile, int dimension, int thread)
    {
        int buffer = tile & 1;
        int word = work.Run * Consumers;
        AsyncBarrier.Wait(HopperRing.QueriesEmpty(ring, buffer), ((tile >> 1) & 1) ^ 1);
        if (work.Batch < p.Batch)
        {
            RowGather gather = RowGather.Of(thread, dimension, HopperRing.QueryPanelBytes);
            ulong head = p.Queries + (ulong)(work.Batch * p.QueryBatchStride + work.Head * p.QueryHeadStride) * 2 + gather.ChunkBytes;
            ulong slots = p.SlotQueries + (ulong)((work.Tile * p.WordsPerTile + word) * MaskFragment.Side) * 4;
            FetchQueries(p, gather, slots, head, HopperRing.Queries(ring, buffer, 0, dimension), dimension);
            if (word + 1 < p.WordsPerTile)
                FetchQueries(p, gather, slots + MaskFragment.Side * 4, head, HopperRing.Queries(ring, buffer, 1, dimension), dimension);
        }

        if (thread < Consumers)
        {
            TileNotes.Store<TOptions>(p, work, list, word + thread, HopperRing.Notes(ring, buffer, thread));
            AsyncBarrier.Arrive(HopperRing.QueriesFull(ring, buffer));
        }

        AsyncBarrier.ArriveAfterCopies(HopperRing.QueriesFull(ring, buffer));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchQueries(AttentionParameters p, RowGather gather, ulong slots, ulong head, uint to, int dimension) => RowGather.StartHalf(
        gather, RowGather.HalfIndices(gather, slots, dimension), MaskFragment.Side, dimension, head, (uint)p.QueryTokenStride * 2, to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, KeyList list, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(list.Keys + (ulong)(entry < list.Length ? entry : 0) * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
