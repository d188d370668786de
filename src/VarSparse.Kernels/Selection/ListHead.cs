using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>Writes what describes a tile and its list: slots, ranges, and behind the last list what may be read ahead. All threads of the group call.</summary>
internal static class ListHead
{
    public static void Write(CrossScaleLocalParameters p, KeySort sort, ArrayView<long> warpSums, StepSummary summary, int tile)
    {
        WriteSlots(p, sort.Patch, tile);
        if (tile == p.Tiles.TileCount - 1)
            ClearStepAfterLast(p);
        StepSummary.Clear(summary, sort.MaskWords);
        SortedPlaces places = KeySort.Count(sort, warpSums);
        if (sort.MaskWords > 0)
            WriteStepRanges(p, sort, places, summary, tile);
        if (Group.IdxX == 0)
        {
            int room = p.StepsPerList * StepLayout.KeysPerStep;
            var range = new Bytes16((uint)(tile * room), (uint)SortedPlaces.Length(places), (uint)(tile * room / MaskFragment.Side), 0);
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

    private static void WriteStepRanges(CrossScaleLocalParameters p, KeySort sort, SortedPlaces places, StepSummary summary, int tile)
    {
        for (int cell = sort.End - 1, source = 0; cell >= sort.First; cell--)
        {
            source = SourceSpans.Holding(sort.Spans, cell, source);
            int rectangle = SourceSpans.Rectangle(sort.Spans[source], cell, sort.Tiles, sort.Patch);
            if (rectangle != SourceSpans.Unseen)
            {
                int n = KeySort.Take(sort, rectangle);
                int place = SortedPlaces.Of(places, n), repeated = SortedPlaces.Repeated(places, n);
                StepSummary.Add(summary, sort, SortedPlaces.WordsOf(places, place), place, rectangle);
                if (repeated >= 0)
                    StepSummary.Add(summary, sort, SortedPlaces.WordsOf(places, repeated), repeated, rectangle);
            }
        }

        Group.Barrier();
        if (Group.IdxX < sort.MaskWords)
        {
            ulong range = (ulong)((long)tile * sort.MaskWords + Group.IdxX);
            GlobalBytes.Store16(p.StepRanges + range * (StepRange.Numbers * sizeof(int)), StepSummary.Range(summary, Group.IdxX));
        }
    }
}
