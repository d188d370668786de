using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>The key list of a unit of work.</summary>
internal struct KeyList
{
    /// <summary>Address of the first key index, a multiple of 256.</summary>
    public ulong Keys;

    /// <summary>Number of keys.</summary>
    public int Length;

    /// <summary>The list's first block in the mask arrays.</summary>
    public int FirstBlock;

    /// <summary>Reads which list a unit of work has; for one beyond the last, the first list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint IndexOf(AttentionParameters p, TileWork work)
    {
        if (work.Batch >= p.Batch)
            return 0;
        return GlobalBytes.Load4(p.ListOfTile + (ulong)(work.Batch * p.ListBatchStride + work.Head * p.ListHeadStride + work.Tile) * 4);
    }

    /// <summary>Reads where a list lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeyList At(AttentionParameters p, uint index)
    {
        Bytes16 range = GlobalBytes.Load16(p.ListRanges + (ulong)index * 16);
        return new KeyList { Keys = p.KeyIndices + (ulong)range.W0 * 4, Length = (int)range.W1, FirstBlock = (int)range.W2 };
    }
}
