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

    /// <summary>Which list.</summary>
    public int Index;

    /// <summary>Reads where the list lies; work beyond the last gets an empty list, whose first keys can be read all the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static KeyList Of(AttentionParameters p, TileWork work)
    {
        if (work.Batch >= p.Batch)
            return new KeyList { Keys = p.KeyIndices };
        ulong place = p.ListOfTile + (ulong)(work.Batch * p.ListBatchStride + work.Head * p.ListHeadStride + work.Tile) * 4;
        uint index = GlobalBytes.Load4(place);
        Bytes16 range = GlobalBytes.Load16(p.ListRanges + (ulong)index * 16);
        return new KeyList { Keys = p.KeyIndices + (ulong)range.W0 * 4, Length = (int)range.W1, FirstBlock = (int)range.W2, Index = (int)index };
    }
}
