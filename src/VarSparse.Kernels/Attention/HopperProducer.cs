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

    /// <summary>Bytes of a step's indices.</summary>
    private const ulong StepBytes = StepLayout.KeysPerStep * sizeof(int);

    /// <summary>Threads, each of which makes its copies arrive at every barrier.</summary>
    public const int Threads = 128;

    /// <summary>Arrivals that make a tile complete: those of the copies, and a note for each consumer.</summary>
    public const int TileArrivals = Threads + Consumers;

    /// <summary>
    /// The step of a list after whose matrices the next tile's queries are fetched: as early as may be without a wait. Its keys have room
    /// once consumers have come to the tile and stored the one before.
    /// </summary>
    public const int QueriesAfter = (HopperRing.Stages + 1) / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, TileWork way, HopperRing ring, int dimension, int thread)
    {
        RowGather gather = RowGather.Of(thread, dimension, HopperRing.PanelBytes);
        uint keyBytes = (uint)p.KeyTokenStride * 2, valueBytes = (uint)p.ValueTokenStride * 2;
        RingPlace place = default;
        int tile = 0;
        TileWork work = TileWork.Of(p, Grid.IdxX, Consumers);
        TileFetch fetched = TileFetch.Of(p, work, KeyList.IndexOf(p, work), thread);
        FetchTile(p, ring, fetched, tile, dimension, thread);

        // Which rows a step has is read a step ahead, what there is to know of a tile a tile ahead, and its list's number two tiles.
        int keyRows = RowGather.Indices(fetched.List.Keys, thread);
        work = TileWork.Next(p, work, way, Consumers);
        uint nextList = KeyList.IndexOf(p, work);
        while (TileFetch.Exists(p, fetched))
        {
            TileWork own = fetched.Work;
            KeyList list = fetched.List;
            ulong keys = Keep(p.Keys + (ulong)(own.Batch * p.KeyBatchStride + own.Head * p.KeyHeadStride) * 2 + gather.ChunkBytes);
            ulong values = Keep(p.Values + (ulong)(own.Batch * p.ValueBatchStride + own.Head * p.ValueHeadStride) * 2 + gather.ChunkBytes);
            tile++;
            int steps = StepLayout.Steps(list.Length);
            int valueRows = 0;
            for (int step = 0; step <= steps; step++)
            {
                int nextRows = RowGather.Indices(step + 1 < steps ? list.Keys + (ulong)(step + 1) * StepBytes : fetched.List.Keys, thread);
                if (step < steps)
                    place = FetchKeys(p, ring, place, list, step, gather, keyRows, keys, keyBytes, dimension, thread);
                if (step > 0)
                    place = FetchValues(ring, place, list, step - 1, gather, valueRows, values, valueBytes, dimension);
                if (step == IntrinsicMath.Min(1, steps))
                {
                    // The loads would hold up the list's first keys if they were asked for sooner, and the tile if later.
                    fetched = TileFetch.Of(p, work, nextList, thread);
                    if (steps <= 1)
                        nextRows = RowGather.Indices(fetched.List.Keys, thread);
                }

                if (step == IntrinsicMath.Min(QueriesAfter, steps))
                {
                    FetchTile(p, ring, fetched, tile, dimension, thread);
                    work = TileWork.Next(p, work, way, Consumers);
                    nextList = KeyList.IndexOf(p, work);
                }

                valueRows = keyRows;
                keyRows = nextRows;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RingPlace FetchKeys(
        AttentionParameters p, HopperRing ring, RingPlace place, KeyList list, int step, RowGather gather, int rows, ulong keys, uint rowBytes,
        int dimension, int thread)
    {
        AsyncBarrier.Wait(HopperRing.Empty(ring, RingPlace.Stage(place)), RingPlace.Parity(place) ^ 1);
        int start = step * StepLayout.KeysPerStep;
        RowGather.Start(gather, rows, list.Length - start, dimension, keys, rowBytes, HopperRing.Matrix(ring, place, dimension));
        if (TOptions.HasBias)
            FetchBias(p, list, start + thread, HopperRing.Biases(ring, place) + (uint)thread * 4);
        AsyncBarrier.ArriveAfterCopies(HopperRing.Full(ring, RingPlace.Stage(place)));
        return RingPlace.Next(place);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RingPlace FetchValues(
        HopperRing ring, RingPlace place, KeyList list, int step, RowGather gather, int rows, ulong values, uint rowBytes, int dimension)
    {
        AsyncBarrier.Wait(HopperRing.Empty(ring, RingPlace.Stage(place)), RingPlace.Parity(place) ^ 1);
        RowGather.Start(
            gather, rows, list.Length - step * StepLayout.KeysPerStep, dimension, values, rowBytes, HopperRing.Matrix(ring, place, dimension));
        AsyncBarrier.ArriveAfterCopies(HopperRing.Full(ring, RingPlace.Stage(place)));
        return RingPlace.Next(place);
    }

    /// <summary>The assembler would compute an address anew for every matrix. What a shuffle gave it keeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Keep(ulong address) => (ulong)Warp.Shuffle((long)address, Warp.LaneIdx);

    /// <summary>
    /// Starts the copies of a tile's queries, of which slots without one become zeros, and notes what consumers must know; after the last
    /// tile, that there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchTile(AttentionParameters p, HopperRing ring, TileFetch fetched, int tile, int dimension, int thread)
    {
        int buffer = tile & 1;
        int word = fetched.Work.Run * Consumers;
        AsyncBarrier.Wait(HopperRing.QueriesEmpty(ring, buffer), ((tile >> 1) & 1) ^ 1);
        if (TileFetch.Exists(p, fetched))
        {
            RowGather gather = RowGather.Of(thread, dimension, HopperRing.QueryPanelBytes);
            ulong head = p.Queries + (ulong)(fetched.Work.Batch * p.QueryBatchStride + fetched.Work.Head * p.QueryHeadStride) * 2 + gather.ChunkBytes;
            uint rowBytes = (uint)p.QueryTokenStride * 2;
            RowGather.StartHalf(gather, fetched.FirstRows, dimension, head, rowBytes, HopperRing.Queries(ring, buffer, 0, dimension));
            if (word + 1 < p.WordsPerTile)
                RowGather.StartHalf(gather, fetched.LastRows, dimension, head, rowBytes, HopperRing.Queries(ring, buffer, 1, dimension));
        }

        if (thread < Consumers)
        {
            TileNotes.Store<TOptions>(p, fetched, word + thread, HopperRing.Notes(ring, buffer, thread));
            AsyncBarrier.Arrive(HopperRing.QueriesFull(ring, buffer));
        }

        AsyncBarrier.ArriveAfterCopies(HopperRing.QueriesFull(ring, buffer));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, KeyList list, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(list.Keys + (ulong)(entry < list.Length ? entry : 0) * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
