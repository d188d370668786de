namespace VarSparse.Kernels.Selection;

/// <summary>
/// The rows, or columns, of a tile whose windows reach a row, or column, of a source grid. Windows move with the query, so those that
/// reach it follow each other.
/// </summary>
internal struct LineInterval
{
    /// <summary>The line of <see cref="SlotsOfLines"/> that the first one starts at.</summary>
    public int Start;

    /// <summary>The line that the last one ends at.</summary>
    public int End;

    /// <summary>All rows.</summary>
    public static LineInterval Whole(TilePatch patch) => new() { Start = 0, End = patch.Height };

    /// <summary>The rows of a tile that see the n-th line of a source, or the columns where that is one of its columns.</summary>
    public static LineInterval Of(TileGrid tiles, TilePatch patch, SourceSpan source, int n)
    {
        bool isRow = n < source.Rows;
        int sourceRow = isRow ? source.FirstRow + n : source.FirstColumn + n - source.Rows, sourceExtent = isRow ? source.Height : source.Width;
        int extent = isRow ? tiles.GridHeight : tiles.GridWidth;
        int first = isRow ? patch.Top : patch.Left, count = isRow ? patch.Height : patch.Width;
        int firstLine = isRow ? 0 : SlotsOfLines.FirstColumn(patch);
        return new()
        {
            Start = firstLine + Clamped(AxisWindow.FirstCentredFrom(sourceRow - source.Radius, extent, sourceExtent) - first, count),
            End = firstLine + Clamped(AxisWindow.FirstCentredFrom(sourceRow + source.Radius + 1L, extent, sourceExtent) - first, count),
        };
    }

    public static bool IsEmpty(LineInterval interval) => interval.Start >= interval.End;

    private static int Clamped(long row, int count) => (int)Math.Min(Math.Max(row, 0), count);
}
