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
        // Shifts, not divisions: the assembler does not replace even those by a constant.
        int chunkBits = dimension == 64 ? 3 : 4;
        int chunk = thread & ((1 << chunkBits) - 1);
        int firstRow = thread >> chunkBits << (dimension == 64 ? 2 : 3);
        uint panel = (uint)((chunk >> 3) * HeadRows.PanelBytes);
        uint swizzled = (uint)(((chunk ^ firstRow) & 7) << 4);
        uint place0 = panel + (uint)(firstRow * SwizzledTile.RowBytes) + swizzled;
        uint place1 = panel + (uint)((firstRow + 1) * SwizzledTile.RowBytes) + (swizzled ^ 16);
        uint place2 = panel + (uint)((firstRow + 2) * SwizzledTile.RowBytes) + (swizzled ^ 32);
        uint place3 = panel + (uint)((firstRow + 3) * SwizzledTile.RowBytes) + (swizzled ^ 48);
        uint place4 = panel + (uint)((firstRow + 4) * SwizzledTile.RowBytes) + (swizzled ^ 64);
        uint place5 = panel + (uint)((firstRow + 5) * SwizzledTile.RowBytes) + (swizzled ^ 80);
        uint place6 = panel + (uint)((firstRow + 6) * SwizzledTile.RowBytes) + (swizzled ^ 96);
        uint place7 = panel + (uint)((firstRow + 7) * SwizzledTile.RowBytes) + (swizzled ^ 112);
        uint keyRowBytes = (uint)p.KeyTokenStride * 2;
        uint valueRowBytes = (uint)p.ValueTokenStride * 2;
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
                uint to = HopperRing.Keys(ring, stage);
                AsyncCopy.Copy16(to + place0, FastMath.MultiplyAddWide(rows0.W0, keyRowBytes, keys), left > 0 ? 16 : 0);
                AsyncCopy.Copy16(to + place1, FastMath.MultiplyAddWide(rows0.W1, keyRowBytes, keys), left > 1 ? 16 : 0);
                AsyncCopy.Copy16(to + place2, FastMath.MultiplyAddWide(rows0.W2, keyRowBytes, keys), left > 2 ? 16 : 0);
                AsyncCopy.Copy16(to + place3, FastMath.MultiplyAddWide(rows0.W3, keyRowBytes, keys), left > 3 ? 16 : 0);
                if (dimension == 128)
                {
                    AsyncCopy.Copy16(to + place4, FastMath.MultiplyAddWide(rows1.W0, keyRowBytes, keys), left > 4 ? 16 : 0);
                    AsyncCopy.Copy16(to + place5, FastMath.MultiplyAddWide(rows1.W1, keyRowBytes, keys), left > 5 ? 16 : 0);
                    AsyncCopy.Copy16(to + place6, FastMath.MultiplyAddWide(rows1.W2, keyRowBytes, keys), left > 6 ? 16 : 0);
                    AsyncCopy.Copy16(to + place7, FastMath.MultiplyAddWide(rows1.W3, keyRowBytes, keys), left > 7 ? 16 : 0);
                }

                if (p.KeyBias != 0 && thread < HopperRing.KeysPerStage)
                    FetchBias(p, list, start + thread, HopperRing.Biases(ring, stage) + (uint)thread * 4);
                AsyncBarrier.ArriveAfterCopies(HopperRing.KeysFull(ring, stage));

                AsyncBarrier.Wait(HopperRing.ValuesEmpty(ring, stage), parity);
                to = HopperRing.Values(ring, stage);
                AsyncCopy.Copy16(to + place0, FastMath.MultiplyAddWide(rows0.W0, valueRowBytes, values), left > 0 ? 16 : 0);
                AsyncCopy.Copy16(to + place1, FastMath.MultiplyAddWide(rows0.W1, valueRowBytes, values), left > 1 ? 16 : 0);
                AsyncCopy.Copy16(to + place2, FastMath.MultiplyAddWide(rows0.W2, valueRowBytes, values), left > 2 ? 16 : 0);
                AsyncCopy.Copy16(to + place3, FastMath.MultiplyAddWide(rows0.W3, valueRowBytes, values), left > 3 ? 16 : 0);
                if (dimension == 128)
                {
                    AsyncCopy.Copy16(to + place4, FastMath.MultiplyAddWide(rows1.W0, valueRowBytes, values), left > 4 ? 16 : 0);
                    AsyncCopy.Copy16(to + place5, FastMath.MultiplyAddWide(rows1.W1, valueRowBytes, values), left > 5 ? 16 : 0);
                    AsyncCopy.Copy16(to + place6, FastMath.MultiplyAddWide(rows1.W2, valueRowBytes, values), left > 6 ? 16 : 0);
                    AsyncCopy.Copy16(to + place7, FastMath.MultiplyAddWide(rows1.W3, valueRowBytes, values), left > 7 ? 16 : 0);
                }

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FetchBias(AttentionParameters p, KeyList list, int entry, uint place)
    {
        uint key = GlobalBytes.Load4(list.Keys + (ulong)entry * 4);
        AsyncCopy.Copy4(place, p.KeyBias + (ulong)key * 4);
    }
}
