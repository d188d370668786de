using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The 128 threads that fetch keys and values: for every block of 64 entries of a list, row by row into swizzled shared memory.
/// A row's 16-byte chunks are fetched by neighbouring threads, so gathering rows moves the same cache lines as a contiguous read.
/// A thread has one chunk of 8 neighbouring rows (4 at head dimension 64), whose key indices are one or two vector loads, made a
/// block ahead.
/// </summary>
internal static class HopperProducer
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int stages, int dimension, int wordsPerGroup, int thread)
    {
        int chunksPerRow = dimension / 8;
        int chunk = thread % chunksPerRow;
        int firstRow = thread / chunksPerRow * (dimension / 16);
        uint place = (uint)(chunk / 8 * HeadRows.PanelBytes + firstRow * SwizzledTile.RowBytes);
        uint swizzledChunk = (uint)((chunk % 8 ^ firstRow % 8) * 16);
        ulong keyRowBytes = (ulong)p.KeyTokenStride * 2;
        ulong valueRowBytes = (ulong)p.ValueTokenStride * 2;
        int stage = 0;
        int parity = 1;
        TileWork work = TileWork.First(p, wordsPerGroup);
        KeyList list = KeyList.Of(p, work);
        while (work.Batch < p.Batch)
        {
            TileWork nextWork = TileWork.Next(p, work, wordsPerGroup);
            KeyList nextList = KeyList.Of(p, nextWork);
            ulong keys = p.Keys + (ulong)(work.Batch * p.KeyBatchStride + work.Head * p.KeyHeadStride) * 2 + (ulong)chunk * 16;
            ulong values = p.Values + (ulong)(work.Batch * p.ValueBatchStride + work.Head * p.ValueHeadStride) * 2 + (ulong)chunk * 16;
            ulong entries = list.Keys + (ulong)firstRow * 4;
            Bytes16 next0 = GlobalBytes.Load16(entries);
            Bytes16 next1 = dimension == 64 ? default : GlobalBytes.Load16(entries + 16);
            for (int start = 0; start < list.Length; start += HopperRing.KeysPerStage)
            {
                Bytes16 rows0 = next0;
                Bytes16 rows1 = next1;
                entries += HopperRing.KeysPerStage * 4;
                if (start + HopperRing.KeysPerStage < list.Length)
                {
                    next0 = GlobalBytes.Load16(entries);
                    next1 = dimension == 64 ? default : GlobalBytes.Load16(entries + 16);
                }

                int left = list.Length - start - firstRow;
                AsyncBarrier.Wait(HopperRing.KeysEmpty(ring, stage), parity);
                uint to = HopperRing.Keys(ring, stage) + place;
                Fetch4(keys, keyRowBytes, rows0, left, to, swizzledChunk);
                if (dimension == 128)
                    Fetch4(keys, keyRowBytes, rows1, left - 4, to + 4 * SwizzledTile.RowBytes, swizzledChunk ^ 64);
                if (p.KeyBias != 0 && thread < HopperRing.KeysPerStage)
                    FetchBias(p, list, start + thread, HopperRing.Biases(ring, stage) + (uint)thread * 4);
                AsyncBarrier.ArriveAfterCopies(HopperRing.KeysFull(ring, stage));

                AsyncBarrier.Wait(HopperRing.ValuesEmpty(ring, stage), parity);
                to = HopperRing.Values(ring, stage) + place;
                Fetch4(values, valueRowBytes, rows0, left, to, swizzledChunk);
                if (dimension == 128)
                    Fetch4(values, valueRowBytes, rows1, left - 4, to + 4 * SwizzledTile.RowBytes, swizzledChunk ^ 64);
                AsyncBarrier.ArriveAfterCopies(HopperRing.ValuesFull(ring, stage));
                if (++stage == stages)
                {
                    stage = 0;
                    parity ^= 1;
                }
            }

            work = nextWork;
            list = nextList;
        }
    }

    /// <summary>Starts the copies of a chunk of four neighbouring rows. Rows beyond the list become zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch4(ulong chunks, ulong rowBytes, Bytes16 rows, int left, uint place, uint swizzledChunk)
    {
        AsyncCopy.Copy16(place + swizzledChunk, chunks + rows.W0 * rowBytes, left > 0 ? 16 : 0);
        AsyncCopy.Copy16(place + SwizzledTile.RowBytes + (swizzledChunk ^ 16), chunks + rows.W1 * rowBytes, left > 1 ? 16 : 0);
        AsyncCopy.Copy16(place + 2 * SwizzledTile.RowBytes + (swizzledChunk ^ 32), chunks + rows.W2 * rowBytes, left > 2 ? 16 : 0);
        AsyncCopy.Copy16(place + 3 * SwizzledTile.RowBytes + (swizzledChunk ^ 48), chunks + rows.W3 * rowBytes, left > 3 ? 16 : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, KeyList list, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(list.Keys + (ulong)entry * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
