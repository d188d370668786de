using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// What a thread of the Hopper kernel's producer must have read before it fetches a tile. It is read a tile earlier, so that no copy waits
/// for loads that wait for each other.
/// </summary>
internal struct TileFetch
{
    public TileWork Work;

    public KeyList List;

    /// <summary>The index that the lane holds of the queries of the unit's first word, and of its last.</summary>
    public int FirstRows, LastRows;

    /// <summary>Of the word that the thread writes notes for, four numbers of <see cref="AttentionParameters.StepRanges"/>.</summary>
    public Bytes16 Range;

    /// <summary>Whether there is such a tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Exists(AttentionParameters p, TileFetch tile) => tile.Work.Batch < p.Batch;

    /// <summary>Starts the loads.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="work">The unit, or one beyond the last.</param>
    /// <param name="list">Its <see cref="KeyList.IndexOf"/>.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileFetch Of(AttentionParameters p, TileWork work, uint list, int thread)
    {
        var tile = new TileFetch { Work = work, List = new KeyList { Keys = p.KeyIndices } };
        if (!Exists(p, tile))
            return tile;
        tile.List = KeyList.At(p, list);
        int word = work.Run * HopperAttentionKernel.Consumers, own = word + (thread & (HopperAttentionKernel.Consumers - 1));
        ulong slots = p.SlotQueries + (ulong)((work.Tile * p.WordsPerTile + word) * MaskFragment.Side) * 4;
        tile.FirstRows = RowGather.HalfIndices(slots, thread);
        if (word + 1 < p.WordsPerTile)
            tile.LastRows = RowGather.HalfIndices(slots + MaskFragment.Side * 4, thread);
        if (p.StepRanges != 0 && own < p.WordsPerTile)
            tile.Range = GlobalBytes.Load16(p.StepRanges + (ulong)((int)list * p.WordsPerTile + own) * (StepRange.Numbers * sizeof(int)));
        return tile;
    }
}
