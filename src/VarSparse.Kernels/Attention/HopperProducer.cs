using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// The 128 threads that fetch keys and values: for every block of 64 entries of a list, row by row into swizzled shared memory.
/// A row's 16-byte chunks are fetched by neighbouring threads, so gathering rows moves the same cache lines as a contiguous read.
/// </summary>
internal static class HopperProducer
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(AttentionParameters p, HopperRing ring, int stages, int dimension, int wordsPerGroup, int thread)
    {
        int chunksPerRow = dimension / 8;
        int chunk = thread % chunksPerRow;
        int firstRow = thread / chunksPerRow;
        int rowStep = 128 / chunksPerRow;

        // Rows of a thread are a multiple of 8 apart, so the swizzle is the same for all of them.
        uint place = (uint)(chunk / 8 * HeadRows.PanelBytes) + SwizzledTile.Offset((uint)firstRow, (uint)(chunk % 8));
        uint placeStep = (uint)(rowStep * SwizzledTile.RowBytes);
        ulong keyRowBytes = (ulong)p.KeyTokenStride * 2;
        ulong valueRowBytes = (ulong)p.ValueTokenStride * 2;
        int stage = 0;
        int parity = 1;
        int count = TileWork.Count(p, wordsPerGroup);
        for (int index = Grid.IdxX; index < count; index += Grid.DimX)
        {
            TileWork work = TileWork.Get(p, index, wordsPerGroup);
            ulong keys = p.Keys + (ulong)(work.Batch * p.KeyBatchStride + work.Head * p.KeyHeadStride) * 2 + (ulong)chunk * 16;
            ulong values = p.Values + (ulong)(work.Batch * p.ValueBatchStride + work.Head * p.ValueHeadStride) * 2 + (ulong)chunk * 16;
            for (int start = 0; start < work.Length; start += HopperRing.KeysPerStage)
            {
                AsyncBarrier.Wait(HopperRing.KeysEmpty(ring, stage), parity);
                Fetch(work, keys, keyRowBytes, start + firstRow, rowStep, HopperRing.Keys(ring, stage) + place, placeStep);
                if (p.KeyBias != 0 && thread < HopperRing.KeysPerStage)
                    FetchBias(p, work, start + thread, HopperRing.Biases(ring, stage) + (uint)thread * 4);
                AsyncBarrier.ArriveAfterCopies(HopperRing.KeysFull(ring, stage));

                AsyncBarrier.Wait(HopperRing.ValuesEmpty(ring, stage), parity);
                Fetch(work, values, valueRowBytes, start + firstRow, rowStep, HopperRing.Values(ring, stage) + place, placeStep);
                AsyncBarrier.ArriveAfterCopies(HopperRing.ValuesFull(ring, stage));
                if (++stage == stages)
                {
                    stage = 0;
                    parity ^= 1;
                }
            }
        }
    }

    /// <summary>Starts the copies of a thread's rows of a block. Rows beyond the list become zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(TileWork work, ulong rows, ulong rowBytes, int entry, int rowStep, uint place, uint placeStep)
    {
        for (int end = (entry & ~(HopperRing.KeysPerStage - 1)) + HopperRing.KeysPerStage; entry < end; entry += rowStep)
        {
            bool exists = entry < work.Length;
            uint key = GlobalBytes.Load4(work.Keys + (ulong)(exists ? entry : 0) * 4);
            AsyncCopy.Copy16(place, rows + key * rowBytes, exists ? 16 : 0);
            place += placeStep;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, TileWork work, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(work.Keys + (ulong)(entry < work.Length ? entry : 0) * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
