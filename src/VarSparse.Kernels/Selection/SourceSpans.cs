using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// What a tile sees of all sources, in shared memory. Their cells have numbers, source by source and row by row, so that a thread finds any
/// of them on its own. A cell that no window reaches (between those of neighbouring queries, on a source grid finer than theirs) is no key.
/// </summary>
internal static class SourceSpans
{
    /// <summary>The rectangle of a cell that no query sees. A tile of 256 queries has none such.</summary>
    public const int Unseen = -1;

    /// <summary>Fills the array; all threads of the group must call.</summary>
    public static void Fill(ArrayView<SourceSpan> spans, CrossScaleLocalParameters p, TilePatch patch)
    {
        for (int source = Group.IdxX; source < p.SourceCount; source += Group.DimX)
            spans[source] = Span(p.Tiles, patch, GlobalBytes.Load16(p.Sources + (ulong)source * 16));
        Group.Barrier();
        for (int source = Group.IdxX; source < p.SourceCount; source += Group.DimX)
        {
            int start = 0;
            for (int before = 0; before < source; before++)
                start += spans[before].CellCount;
            spans[source].Start = start;
        }

        Group.Barrier();
    }

    /// <summary>Cells of all sources.</summary>
    public static int CellCount(ArrayView<SourceSpan> spans, int sourceCount) =>
        sourceCount == 0 ? 0 : spans[sourceCount - 1].Start + spans[sourceCount - 1].CellCount;

    /// <summary>The source that holds a cell, looked for from a source nearby.</summary>
    public static int Holding(ArrayView<SourceSpan> spans, int cell, int source)
    {
        while (cell < spans[source].Start)
            source--;
        while (cell >= spans[source].Start + spans[source].CellCount)
            source++;
        return source;
    }

    /// <summary>The key in a cell.</summary>
    public static uint Key(SourceSpan span, int cell)
    {
        int row = (cell - span.Start) / span.Columns, column = cell - span.Start - row * span.Columns;
        return (uint)(span.FirstToken + (span.FirstRow + row) * span.Width + span.FirstColumn + column);
    }

    /// <summary>The <see cref="SlotRectangle"/> of the queries that see a cell, or <see cref="Unseen"/>.</summary>
    public static int Rectangle(SourceSpan span, int cell, TileGrid tiles, TilePatch patch)
    {
        if (span.Radius < 0)
            return SlotRectangle.Of(0, patch.Height - 1, 0, patch.Width - 1);
        int row = (cell - span.Start) / span.Columns, column = cell - span.Start - row * span.Columns;
        row += span.FirstRow;
        column += span.FirstColumn;
        int firstRow = First(row - span.Radius, tiles.GridHeight, span.Height, patch.Top);
        int lastRow = Math.Min(First(row + span.Radius + 1L, tiles.GridHeight, span.Height, patch.Top), patch.Height) - 1;
        int firstColumn = First(column - span.Radius, tiles.GridWidth, span.Width, patch.Left);
        int lastColumn = Math.Min(First(column + span.Radius + 1L, tiles.GridWidth, span.Width, patch.Left), patch.Width) - 1;
        return firstRow > lastRow || firstColumn > lastColumn ? Unseen : SlotRectangle.Of(firstRow, lastRow, firstColumn, lastColumn);
    }

    /// <summary>The first row of a tile that is centred on a source row or beyond; perhaps beyond the tile.</summary>
    private static int First(long sourceRow, int extent, int sourceExtent, int top) =>
        (int)Math.Min(Math.Max(AxisWindow.FirstCentredFrom(sourceRow, extent, sourceExtent) - top, 0), int.MaxValue);

    private static SourceSpan Span(TileGrid tiles, TilePatch patch, Bytes16 source)
    {
        var span = new SourceSpan { FirstToken = (int)source.W0, Height = (int)source.W1, Width = (int)source.W2, Radius = (int)source.W3 };
        int rows = span.Height;
        span.Columns = span.Width;
        if (span.Radius >= 0)
        {
            span.FirstRow = FirstSeen(patch.Top, tiles.GridHeight, span.Height, span.Radius);
            span.FirstColumn = FirstSeen(patch.Left, tiles.GridWidth, span.Width, span.Radius);
            rows = EndOfSeen(patch.Top + patch.Height - 1, tiles.GridHeight, span.Height, span.Radius) - span.FirstRow;
            span.Columns = EndOfSeen(patch.Left + patch.Width - 1, tiles.GridWidth, span.Width, span.Radius) - span.FirstColumn;
        }

        // Windows may lie beyond the source's last row.
        span.Columns = Math.Max(span.Columns, 0);
        span.CellCount = Math.Max(rows, 0) * span.Columns;
        return span;
    }

    private static int FirstSeen(int row, int extent, int sourceExtent, int radius) =>
        (int)Math.Max(0, AxisWindow.Centre(row, extent, sourceExtent) - radius);

    private static int EndOfSeen(int row, int extent, int sourceExtent, int radius) =>
        (int)Math.Min(sourceExtent, AxisWindow.Centre(row, extent, sourceExtent) + radius + 1);
}
