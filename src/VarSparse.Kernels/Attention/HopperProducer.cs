using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The 128 threads that fetch keys and values: for every block of entries of a list, row by row into swizzled shared memory.
/// </summary>
internal static class HopperProducer<TOptions>
    where TOptions : struct, IAttentionOptions
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int stages, int dimension, int wordsPerGroup, int thread)
    {
        RowGather gather = RowGather.Of(thread, dimension, HopperRing.PanelBytes);
        uint keyRowBytes = (uint)p.KeyTokenStride * 2;
        uint valueRowBytes = (uint)p.ValueTokenStride * 2;
        RingPlace place = new() { Parity = 1 };
        TileWork work = TileWork.First(p, wordsPerGroup);
        KeyList list = KeyList.Of(p, work);
        while (work.Batch < p.Batch)
        {
            ulong keys = p.Keys + (ulong)(work.Batch * p.KeyBatchStride + work.Head * p.KeyHeadStride) * 2 + gather.ChunkBytes;
            ulong values = p.Values + (ulong)(work.Batch * p.ValueBatchStride + work.Head * p.ValueHeadStride) * 2 + gather.ChunkBytes;
            work = TileWork.Next(p, work, wordsPerGroup);
            KeyList nextList = KeyList.Of(p, work);
            for (int start = 0; start < list.Length; start += HopperRing.KeysPerStage)
            {
                AsyncBarrier.Wait(HopperRing.KeysEmpty(ring, place.Stage), place.Parity);
                Fetch(gather, list, start, dimension, keys, keyRowBytes, HopperRing.Keys(ring, place.Stage));
                if (TOptions.HasBias)
                    FetchBias(p, list, start + thread, HopperRing.Biases(ring, place.Stage) + (uint)thread * 4);
                AsyncBarrier.ArriveAfterCopies(HopperRing.KeysFull(ring, place.Stage));

                AsyncBarrier.Wait(HopperRing.ValuesEmpty(ring, place.Stage), place.Parity);
                Fetch(gather, list, start, dimension, values, valueRowBytes, HopperRing.Values(ring, place.Stage));
                AsyncBarrier.ArriveAfterCopies(HopperRing.ValuesFull(ring, place.Stage));
                place = RingPlace.Next(place, stages);
            }

            list = nextList;
        }
    }

    /// <summary>Starts the copies of the thread's part of a stage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(RowGather gather, KeyList list, int start, int dimension, ulong matrix, uint rowBytes, uint to)
    {
        ulong indices = list.Keys + (ulong)start * 4;
        RowGather.Start(gather, complete: true, indices, list.Length - start, dimension, matrix, rowBytes, to);
        RowGather.Start(gather, complete: true, indices + 256, list.Length - start - 64, dimension, matrix, rowBytes, to + 64 * SwizzledTile.RowBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, KeyList list, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(list.Keys + (ulong)(entry < list.Length ? entry : 0) * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
