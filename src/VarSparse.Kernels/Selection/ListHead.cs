using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>Writes what describes a tile and its list: slots, ranges, and behind the last list what may be read ahead. All threads of the group call.</summary>
internal static class ListHead
{
    /// <summary>Writes what does not depend on the list, and makes the summary ready.</summary>
    public static void Begin(CrossScaleLocalParameters p, StepSummary summary, TilePatch patch, int tile)
    {
        WriteSlots(p, patch, tile);
        if (tile == p.Tiles.TileCount - 1)
            ClearStepAfterLast(p);
        StepSummary.Clear(summary, p.Tiles.WordsPerTile);
    }

    /// <summary>Writes what the list's keys have shown, after a barrier.</summary>
    public static void End(CrossScaleLocalParameters p, SortedPlaces places, StepSummary summary, int tile)
    {
        int thread = Group.IdxX;
        if (p.StepRanges != 0 && thread < p.Tiles.WordsPerTile)
        {
            ulong range = (ulong)((long)tile * p.Tiles.WordsPerTile + thread);
            GlobalBytes.Store16(p.StepRanges + range * (StepRange.Numbers * sizeof(int)), StepSummary.Range(summary, thread));
        }

        if (thread == 0)
        {
            int first = tile * p.StepsPerList * StepLayout.KeysPerStep;
            var range = new Bytes16((uint)first, (uint)SortedPlaces.Length(places), (uint)(first / MaskFragment.Side), 0);
            GlobalBytes.Store16(p.ListRanges + (ulong)tile * 16, range);
            GlobalBytes.Store4(p.ListOfTile + (ulong)tile * sizeof(int), (uint)tile);
        }
    }

    private static void WriteSlots(CrossScaleLocalParameters p, TilePatch patch, int tile)
    {
        int slots = p.Tiles.WordsPerTile * MaskFragment.Side;
        for (int slot = Group.IdxX; slot < slots; slot += Group.DimX)
        {
            GlobalBytes.Store4(
                p.SlotQueries + (ulong)((long)tile * slots + slot) * sizeof(int), (uint)TileGrid.Query(p.Tiles, patch, slot));
        }
    }

    private static void ClearStepAfterLast(CrossScaleLocalParameters p)
    {
        ulong end = (ulong)((long)p.Tiles.TileCount * p.StepsPerList * StepLayout.KeysPerStep);
        for (int i = Group.IdxX; i < StepLayout.KeysPerStep; i += Group.DimX)
            GlobalBytes.Store4(p.KeyIndices + (end + (ulong)i) * sizeof(int), 0);
        if (p.MaskFragments == 0)
            return;
        ulong fragments = p.MaskFragments + end / MaskFragment.Side * (ulong)p.Tiles.WordsPerTile * MaskFragment.Threads * sizeof(uint);
        for (int i = Group.IdxX; i < StepLayout.KeysPerStep / MaskFragment.Side * p.Tiles.WordsPerTile * MaskFragment.Threads; i += Group.DimX)
            GlobalBytes.Store4(fragments + (ulong)i * sizeof(uint), 0);
    }
}
