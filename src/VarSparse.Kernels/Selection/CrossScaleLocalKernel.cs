using ILGPU;
using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// Writes the pattern of <see cref="CrossScaleLocal"/> in the form that attention kernels read: what <see cref="PatternImage"/> makes on
/// the host, except that every list has room for as many steps as the longest needs, so that no tile has to know about another.
/// </summary>
/// <remarks>
/// A tile has a group that describes its list, and some that write a part of it each, with the masks. All of them sort the tile's keys by
/// themselves: a few tiles would leave most of a device idle, and where a key stands depends on all others.
/// </remarks>
internal static class CrossScaleLocalKernel
{
    public const int Threads = QueryTiles.MaxQueriesPerTile;

    private const int Words = QueryTiles.MaxQueriesPerTile / 64;

    public static void Run(CrossScaleLocalParameters p)
    {
        var warpSums = SharedMemory.Allocate<long>(Threads / GroupScan.LanesPerWarp);
        var slots = new SlotsOfLines { Lines = SharedMemory.Allocate<uint>(SlotsOfLines.Numbers) };
        var counters = SharedMemory.Allocate<int>(KeySort.MostClasses * Threads);
        var summary = new StepSummary
        {
            First = SharedMemory.Allocate<int>(Words),
            End = SharedMemory.Allocate<int>(Words),
            WholeKeys = SharedMemory.Allocate<int>(Words * StepRange.Bits),
        };
        var masks = new StepMasks
        {
            Seen = SharedMemory.Allocate<uint>(2 * Words * StepLayout.KeysPerStep),
            Votes = SharedMemory.Allocate<int>(Words * StepLayout.KeysPerStep / GroupScan.LanesPerWarp),
        };

        var entryLines = SharedMemory.Allocate<uint>(ListPart.MostSteps * StepLayout.KeysPerStep);
        var dynamic = SharedMemory.GetDynamic<ulong>();

        int tile = Grid.IdxX / (p.PartsPerList + 1), part = Grid.IdxX % (p.PartsPerList + 1) - 1;
        bool hasMask = p.StepRanges != 0, isHead = part < 0;
        TilePatch patch = TileGrid.Patch(p.Tiles, tile);
        ListPart own = ListPart.Of(p, entryLines, tile, part);
        if (isHead)
            ListHead.Begin(p, summary, patch, tile);
        else
            ListPart.Clear(p, own);

        int words = hasMask ? p.Tiles.WordsPerTile : 1;
        var cells = new TileCells
        {
            Spans = dynamic.SubView(0, p.SourceCount * SourceSpan.Longs).Cast<SourceSpan>(),
            LineSlots = dynamic.SubView(p.SourceCount * SourceSpan.Longs, p.LinesPerTile * words),
            SourceCount = p.SourceCount,
            Words = words,
        };
        if (hasMask)
            SlotsOfLines.Fill(slots, patch);
        TileCells.Fill(cells, slots, p, patch);
        int count = TileCells.Count(cells), share = (count + Threads - 1) / Threads;
        int first = Math.Min(Group.IdxX * share, count), end = Math.Min(first + share, count);
        var sort = new KeySort { Cells = cells, Counters = counters, HasMask = hasMask };
        SortedPlaces places = KeySort.Count(sort, warpSums, first, end);
        for (int cell = end - 1, source = 0; cell >= first; cell--)
        {
            source = TileCells.Source(cells, cell, source);
            SourceSpan span = cells.Spans[source];
            uint lines = TileCells.Lines(span, cell);
            int keyClass = KeySort.Class(sort, lines);
            if (keyClass == KeySort.Unseen)
                continue;
            int n = KeySort.Take(sort, keyClass);
            int again = SortedPlaces.Repeated(places, n);
            for (int entry = SortedPlaces.Of(places, n); entry >= 0; entry = again, again = -1)
            {
                if (!isHead)
                    ListPart.Store(p, own, entry, TileCells.Key(span, cell), lines);
                else if (hasMask)
                    StepSummary.Add(summary, cells, SortedPlaces.WordsOf(places, entry), entry, lines);
            }
        }

        Group.Barrier();
        if (isHead)
            ListHead.End(p, places, summary, tile);
        else if (hasMask)
            ListPart.WriteMasks(p, own, masks, cells, places);
    }
}
