using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>The queries of a thread's two rows of 64 slots, or -1 where a slot holds none.</summary>
internal struct QueryPair
{
    public int Top;
    public int Bottom;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static QueryPair Of(AttentionParameters p, TilePlace tile, int thread)
    {
        if (tile.SlotWord < 0)
            return new QueryPair { Top = -1, Bottom = -1 };
        int slot = tile.SlotWord * MaskFragment.Side + (thread >> 5 << 4) + ((thread & 31) >> 2);
        ulong place = p.SlotQueries + (ulong)slot * 4;
        return new QueryPair { Top = (int)GlobalBytes.Load4(place), Bottom = (int)GlobalBytes.Load4(place + 32) };
    }
}
