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
        var slots = new SlotsOfLines
        {
            Rows = SharedMemory.Allocate<ulong>((Threads + 1) * Words),
            Columns = SharedMemory.Allocate<ulong>((Threads + 1) * Words),
        };
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

        int tile = Grid.IdxX / (p.PartsPerList + 1), part = Grid.IdxX % (p.PartsPerList + 1) - 1;
        bool hasMask = p.StepRanges != 0, isHead = part < 0;
        TilePatch patch = TileGrid.Patch(p.Tiles, tile);
        ListPart own = ListPart.Of(p, tile, part);
        if (isHead)
            ListHead.Begin(p, summary, patch, tile);
        else
            ListPart.Clear(p, own);

        var spans = SharedMemory.GetDynamic<SourceSpan>();
        SourceSpans.Fill(spans, p, patch);
        if (hasMask)
            SlotsOfLines.Fill(slots, patch);
        int cells = SourceSpans.CellCount(spans, p.SourceCount);
        int share = (cells + Threads - 1) / Threads;
        int first = Math.Min(Group.IdxX * share, cells), end = Math.Min(first + share, cells);
        var sort = new KeySort
        {
            Spans = spans,
            Slots = slots,
            Counters = counters,
            MaskWords = hasMask ? p.Tiles.WordsPerTile : 0,
            Tiles = p.Tiles,
            Patch = patch,
        };
        SortedPlaces places = KeySort.Count(sort, warpSums, first, end);
        for (int cell = end - 1, source = 0; cell >= first; cell--)
        {
            source = SourceSpans.Holding(spans, cell, source);
            SourceSpan span = spans[source];
            int rectangle = SourceSpans.Rectangle(span, cell, p.Tiles, patch);
            if (rectangle == SourceSpans.Unseen)
                continue;
            int n = KeySort.Take(sort, rectangle);
            int again = SortedPlaces.Repeated(places, n);
            for (int entry = SortedPlaces.Of(places, n); entry >= 0; entry = again, again = -1)
            {
                if (isHead)
                    StepSummary.Add(summary, sort, SortedPlaces.WordsOf(places, entry), entry, rectangle);
                else
                    ListPart.Store(p, own, entry, SourceSpans.Key(span, cell), rectangle);
            }
        }

        Group.Barrier();
        if (isHead)
            ListHead.End(p, sort, places, summary, tile);
        else if (hasMask)
            ListPart.WriteMasks(p, own, masks, sort, places);
    }
}
