using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// Cross-scale local sparse attention: a query sees the first scales whole and, of each later source scale, a window around its
/// proportional place (SparVAR, arXiv 2602.04361, section on cross-scale local sparse attention).
/// </summary>
public static class CrossScaleLocal
{
    /// <summary>The windows of the last scales where options give none; those before have none.</summary>
    internal static readonly int[] DefaultTail = [1, 1, 3, 5, 7];

    /// <summary>
    /// Builds the pattern of one query scale. Query (y, x) on grid (Hq, Wq) sees key (y', x') of source scale h with grid (Hh, Wh)
    /// when |round(y / Hq * Hh) - y'| and |round(x / Wq * Wh) - x'| are at most floor(window_h / 2), halves rounded to even.
    /// </summary>
    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="queryScale">0-based scale of the queries; its keys are all tokens up to and including that scale.</param>
    /// <param name="options">Windows, sinks, tile and masking, or null for the defaults.</param>
    /// <returns>A pattern for all heads, [Lq = tokens of the scale, Lk = tokens through the scale].</returns>
    /// <exception cref="ArgumentException">
    /// There is no such scale, a window is negative other than -1, there is not one window a scale, or the tile is not valid.
    /// </exception>
    public static SparsePattern Create(ScaleSchedule schedule, int queryScale, CrossScaleLocalOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        options ??= new CrossScaleLocalOptions();
        Require.Index(queryScale, schedule.Count);
        GridSize grid = schedule[queryScale];
        int[] windows = Windows(schedule, options);
        var tiles = QueryTiles.FromGrid(grid, options.Tile);
        int wordsPerKey = TileMaskBuilder.WordsFor(tiles);
        var lists = new KeyListBuffer(schedule.TokensThrough(queryScale), options.ExactMask ? wordsPerKey : 0);
        var rows = new AxisMask(grid.Height, query => query / grid.Width, wordsPerKey);
        var columns = new AxisMask(grid.Width, query => query % grid.Width, wordsPerKey);
        Span<ulong> all = stackalloc ulong[wordsPerKey];
        for (int tile = 0; tile < tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = tiles.Queries(tile);
            rows.Take(queries);
            columns.Take(queries);
            for (int word = 0; word < wordsPerKey; word++)
                all[word] = SparsePattern.SlotBits(queries.Length, word);
            for (int scale = 0; scale <= queryScale; scale++)
            {
                GridSize source = schedule[scale];
                int first = schedule.TokenOffset(scale);
                if (scale < options.SinkScales)
                {
                    for (int key = 0; key < source.TokenCount; key++)
                        lists.Add(first + key, all);
                }
                else if (windows[scale] >= 0)
                {
                    rows.Mark(source.Height, new AxisZone(windows[scale] / 2));
                    columns.Mark(source.Width, new AxisZone(windows[scale] / 2));
                    AddVisible(first, source.Width, rows, columns, wordsPerKey, lists);
                }
            }

            lists.CloseList();
        }

        return SparsePattern.CreateTrusted(tiles, lists.Build(), [.. Enumerable.Range(0, tiles.TileCount)]);
    }

    /// <summary>A key is visible to the slots whose row window holds its row and whose column window holds its column.</summary>
    private static void AddVisible(int first, int width, AxisMask rows, AxisMask columns, int wordsPerKey, KeyListBuffer lists)
    {
        Span<ulong> seen = stackalloc ulong[wordsPerKey];
        for (int row = rows.First; row <= rows.Last; row++)
        {
            ReadOnlySpan<ulong> rowSlots = rows.Slots(row);
            for (int column = columns.First; column <= columns.Last; column++)
            {
                ReadOnlySpan<ulong> columnSlots = columns.Slots(column);
                ulong any = 0;
                for (int word = 0; word < seen.Length; word++)
                {
                    seen[word] = rowSlots[word] & columnSlots[word];
                    any |= seen[word];
                }

                if (any != 0)
                    lists.Add(first + row * width + column, seen);
            }
        }
    }

    /// <summary>One window side a scale, checked.</summary>
    internal static int[] Windows(ScaleSchedule schedule, CrossScaleLocalOptions options) => Windows(schedule, options, DefaultTail);

    /// <summary>One window side a scale, checked.</summary>
    /// <param name="schedule">The scales.</param>
    /// <param name="options">Windows and sinks.</param>
    /// <param name="defaults">The windows of the last scales where the options have none; those before have none either.</param>
    internal static int[] Windows(ScaleSchedule schedule, CrossScaleLocalOptions options, ReadOnlySpan<int> defaults)
    {
        if (options.SinkScales < 0)
            throw new ArgumentException($"SinkScales: got {options.SinkScales}, expected at least 0.", nameof(options));
        var windows = new int[schedule.Count];
        if (options.Windows is null)
        {
            Array.Fill(windows, -1);
            for (int i = 1; i <= Math.Min(defaults.Length, windows.Length); i++)
                windows[^i] = defaults[^i];
            return windows;
        }

        if (options.Windows.Count != schedule.Count)
        {
            throw new ArgumentException(
                $"Windows: got {options.Windows.Count} windows, expected {schedule.Count}, one for each scale of the schedule.", nameof(options));
        }

        for (int scale = 0; scale < windows.Length; scale++)
        {
            windows[scale] = options.Windows[scale];
            if (windows[scale] < -1)
                throw new ArgumentException($"Windows: scale {scale} has {windows[scale]}, expected at least 0, or -1 for nothing of that scale.", nameof(options));
        }

        return windows;
    }
}
