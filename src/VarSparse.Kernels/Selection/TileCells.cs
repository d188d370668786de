using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// What a tile sees of all sources, in shared memory. Cells have numbers, source by source and row by row, so that a thread finds any of
/// them on its own. A window is a product of two intervals, so those who see a cell are who see both its row and its column: its lines.
/// </summary>
/// <remarks>A cell that no window reaches (between those of neighbouring queries, on a source grid finer than theirs) is no key.</remarks>
internal struct TileCells
{
    /// <summary>The line that all slots see.</summary>
    private const int WholeLine = 0;

    /// <summary>Shared memory has no room for more lines than these count.</summary>
    private const int BitsOfLine = 16;

    public ArrayView<SourceSpan> Spans;

    /// <summary>The slots that see a line, [line, word]; without a mask one word, 1 where any slot does.</summary>
    public ArrayView<ulong> LineSlots;

    public int SourceCount;
    public int Words;

    /// <summary>Cells of all sources.</summary>
    public static int Count(TileCells cells) => cells.SourceCount == 0 ? 0 : cells.Spans[cells.SourceCount - 1].End;

    /// <summary>Fills the arrays; all threads of the group must call.</summary>
    public static void Fill(TileCells cells, SlotsOfLines slots, CrossScaleLocalParameters p, TilePatch patch)
    {
        int thread = Group.IdxX, threads = Group.DimX;
        for (int source = thread; source < cells.SourceCount; source += threads)
            cells.Spans[source] = Span(p.Tiles, patch, GlobalBytes.Load16(p.Sources + (ulong)source * 16));
        Group.Barrier();
        for (int source = thread; source < cells.SourceCount; source += threads)
            Number(cells, source);
        Group.Barrier();
        int lines = cells.SourceCount == 0 ? WholeLine + 1 : cells.Spans[cells.SourceCount - 1].EndLine;
        bool hasMask = p.StepRanges != 0;
        for (int line = thread; line < lines; line += threads)
        {
            LineInterval interval = line == WholeLine ? LineInterval.Whole(patch) : Interval(cells, line, p.Tiles, patch);
            for (int word = 0; word < cells.Words; word++)
            {
                ulong seen = hasMask ? SlotsOfLines.Of(slots, interval, word) : 1;
                cells.LineSlots[line * cells.Words + word] = LineInterval.IsEmpty(interval) ? 0 : seen;
            }
        }

        Group.Barrier();
    }

    /// <summary>The source that holds a cell, looked for from a source nearby.</summary>
    public static int Source(TileCells cells, int cell, int nearby)
    {
        while (cell < cells.Spans[nearby].Start)
            nearby--;
        while (cell >= cells.Spans[nearby].End)
            nearby++;
        return nearby;
    }

    /// <summary>The token in a cell.</summary>
    public static uint Key(SourceSpan span, int cell)
    {
        uint n = (uint)(cell - span.Start), row = n / (uint)span.Columns, column = n - row * (uint)span.Columns;
        return (uint)span.FirstToken + row * (uint)span.Width + column;
    }

    /// <summary>The row and the column of a cell, as two lines in one number.</summary>
    public static uint Lines(SourceSpan span, int cell)
    {
        if (span.Radius < 0)
            return WholeLine | (WholeLine << BitsOfLine);
        uint n = (uint)(cell - span.Start), row = n / (uint)span.Columns, column = n - row * (uint)span.Columns;
        return ((uint)span.FirstLine + row) | (((uint)(span.FirstLine + span.Rows) + column) << BitsOfLine);
    }

    /// <summary>The slots of a word that see a cell.</summary>
    public static ulong Seen(TileCells cells, uint lines, int word) =>
        cells.LineSlots[(int)(lines & 0xFFFF) * cells.Words + word] & cells.LineSlots[(int)(lines >> BitsOfLine) * cells.Words + word];

    /// <summary>The slots of a word that hold a query.</summary>
    public static ulong All(TileCells cells, int word) => cells.LineSlots[WholeLine * cells.Words + word];

    private static SourceSpan Span(TileGrid tiles, TilePatch patch, Bytes16 source)
    {
        var span = new SourceSpan { Height = (int)source.W1, Width = (int)source.W2, Radius = (int)source.W3 };
        span.Rows = span.Height;
        span.Columns = span.Width;
        if (span.Radius >= 0)
        {
            span.FirstRow = AxisWindow.FirstSeen(patch.Top, tiles.GridHeight, span.Height, span.Radius);
            span.FirstColumn = AxisWindow.FirstSeen(patch.Left, tiles.GridWidth, span.Width, span.Radius);
            span.Rows = AxisWindow.EndOfSeen(patch.Top + patch.Height - 1, tiles.GridHeight, span.Height, span.Radius) - span.FirstRow;
            span.Columns = AxisWindow.EndOfSeen(patch.Left + patch.Width - 1, tiles.GridWidth, span.Width, span.Radius) - span.FirstColumn;
        }

        span.FirstToken = (int)source.W0 + span.FirstRow * span.Width + span.FirstColumn;
        return span;
    }

    /// <summary>Numbers a source's cells and lines behind those of the sources before.</summary>
    private static void Number(TileCells cells, int source)
    {
        int cell = 0, line = WholeLine + 1, cellsOfLast = 0, linesOfLast = 0;
        for (int i = 0; i <= source; i++)
        {
            SourceSpan span = cells.Spans[i];
            cell += cellsOfLast;
            line += linesOfLast;
            cellsOfLast = span.Rows * span.Columns;
            linesOfLast = span.Radius < 0 ? 0 : span.Rows + span.Columns;
        }

        cells.Spans[source].Start = cell;
        cells.Spans[source].End = cell + cellsOfLast;
        cells.Spans[source].FirstLine = line;
        cells.Spans[source].EndLine = line + linesOfLast;
    }

    private static LineInterval Interval(TileCells cells, int line, TileGrid tiles, TilePatch patch)
    {
        int source = 0;
        while (line >= cells.Spans[source].EndLine)
            source++;
        return LineInterval.Of(tiles, patch, cells.Spans[source], line - cells.Spans[source].FirstLine);
    }
}
