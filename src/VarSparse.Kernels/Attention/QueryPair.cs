using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>The queries of a thread's two rows of 64 slots, or -1 where a slot holds none.</summary>
internal struct QueryPair
{
    public int Top;
    public int Bottom;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static QueryPair Of(AttentionParameters p, TileWork work, int word, int thread)
    {
        if (word >= p.WordsPerTile || work.Batch >= p.Batch)
            return new QueryPair { Top = -1, Bottom = -1 };
        int slot = (work.Tile * p.WordsPerTile + word) * MaskFragment.Side + (thread >> 5 << 4) + ((thread & 31) >> 2);
        ulong place = p.SlotQueries + (ulong)slot * 4;
        return new QueryPair { Top = (int)GlobalBytes.Load4(place), Bottom = (int)GlobalBytes.Load4(place + 32) };
    }
}
