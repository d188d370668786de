using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// The key lists of a far-field plan. For each tile it first marks which slots each block is open to, so that they see through it: through
/// the smallest blocks the tokens, and through larger ones the blocks of half the side. A block's summary is listed for the slots that the
/// block is not open to and the larger one around it is.
/// </summary>
internal sealed class FarFieldLists
{
    private readonly FarFieldPlan _plan;
    private readonly FarFieldOptions _options;
    private readonly int[] _windows;
    private readonly QueryTiles _tiles;
    private readonly int _words;
    private readonly AxisMask _rows;
    private readonly AxisMask _columns;

    /// <summary>The slots that each block is open to.</summary>
    private readonly ulong[] _open;
    private readonly ulong[] _slots;
    private readonly KeyListBuffer _lists;

    /// <param name="plan">Blocks and tokens.</param>
    /// <param name="options">Sinks, growing blocks, tile and masking.</param>
    /// <param name="windows">The window of each scale.</param>
    /// <param name="queries">Queries to keep, with an exact mask only; null keeps all.</param>
    public FarFieldLists(FarFieldPlan plan, FarFieldOptions options, int[] windows, int[]? queries)
    {
        GridSize grid = plan.Schedule[plan.QueryScale];
        _plan = plan;
        _options = options;
        _windows = windows;
        _tiles = Tiles(QueryTiles.FromGrid(grid, options.Tile), queries);
        _words = TileMaskBuilder.WordsFor(_tiles);
        _rows = new AxisMask(grid.Height, query => TokenOf(query) / grid.Width, _words);
        _columns = new AxisMask(grid.Width, query => TokenOf(query) % grid.Width, _words);
        _open = new ulong[plan.SummaryCount * _words];
        _slots = new ulong[_words];
        _lists = new KeyListBuffer(plan.SummaryCount + plan.TokenCount, options.ExactMask ? _words : 0);

        int TokenOf(int query) => queries is null ? query : queries[query];
    }

    public SparsePattern Build()
    {
        for (int tile = 0; tile < _tiles.TileCount; tile++)
        {
            ReadOnlySpan<int> queries = _tiles.Queries(tile);
            for (int word = 0; word < _words; word++)
                _slots[word] = SparsePattern.SlotBits(queries.Length, word);
            MarkOpen(queries);
            for (int scale = _plan.QueryScale; scale >= _plan.FirstSummarisedScale; scale--)
                ListSummaries(scale);
            for (int scale = 0; scale <= _plan.QueryScale; scale++)
                ListTokens(scale);
            _lists.CloseList();
        }

        return SparsePattern.CreateTrusted(_tiles, _lists.Build(), [.. Enumerable.Range(0, _tiles.TileCount)]);
    }

    private static QueryTiles Tiles(QueryTiles all, int[]? queries)
    {
        if (queries is null)
            return all;
        int[] newQuery = SparsePattern.NewIndices(queries, all.QueryCount, nameof(queries));
        return TileJoining.Tiles(all, TileJoining.Join(all, newQuery), newQuery, queries.Length);
    }

    private void MarkOpen(ReadOnlySpan<int> queries)
    {
        Array.Clear(_open);
        _rows.Take(queries);
        _columns.Take(queries);
        for (int scale = _options.SinkScales; scale <= _plan.QueryScale; scale++)
        {
            ReadOnlySpan<FarFieldLevel> levels = _plan.Levels(scale);
            int radius = Math.Max(0, _windows[scale] / 2);
            if (_windows[scale] >= 0)
                MarkOpen(scale, levels[0], new AxisZone(radius));
            for (int level = 1; level < levels.Length; level++)
                MarkOpen(scale, levels[level], new AxisZone(radius) { BlockSide = levels[0].Side, BlocksAround = _options.CoarserBeyond[level - 1] });
        }
    }

    private void MarkOpen(int scale, FarFieldLevel level, AxisZone zone)
    {
        GridSize source = _plan.Schedule[scale];
        _rows.Mark(source.Height, zone, level.Side);
        _columns.Mark(source.Width, zone, level.Side);
        for (int row = _rows.First; row <= _rows.Last; row++)
        {
            for (int column = _columns.First; column <= _columns.Last; column++)
                MarkOpen(_rows.Slots(row), _columns.Slots(column), Open(level.First + row * level.Grid.Width + column));
        }
    }

    /// <summary>A block is open to the slots whose zone of rows touches its rows and whose zone of columns touches its columns.</summary>
    private void MarkOpen(ReadOnlySpan<ulong> rowSlots, ReadOnlySpan<ulong> columnSlots, Span<ulong> open)
    {
        for (int word = 0; word < open.Length; word++)
            open[word] = rowSlots[word] & columnSlots[word];
        if (!_options.ExactMask && open.ContainsAnyExcept(0UL))
            _slots.CopyTo(open);
    }

    private void ListSummaries(int scale)
    {
        ReadOnlySpan<FarFieldLevel> levels = _plan.Levels(scale);
        for (int level = 0; level < levels.Length; level++)
        {
            GridSize grid = levels[level].Grid;
            for (int row = 0; row < grid.Height; row++)
            {
                for (int column = 0; column < grid.Width; column++)
                {
                    // Zones grow from level to level, so where a block is open all that hold it are. Its side is half of theirs.
                    ReadOnlySpan<ulong> around = level + 1 == levels.Length
                        ? _slots
                        : Open(levels[level + 1].First + row / 2 * levels[level + 1].Grid.Width + column / 2);
                    ListSummary(levels[level].First + row * grid.Width + column, around);
                }
            }
        }
    }

    private void ListSummary(int block, ReadOnlySpan<ulong> around)
    {
        Span<ulong> seen = stackalloc ulong[QueryTiles.MaxQueriesPerTile / 64];
        ReadOnlySpan<ulong> open = Open(block);
        ulong any = 0;
        for (int word = 0; word < open.Length; word++)
        {
            seen[word] = around[word] & ~open[word];
            any |= seen[word];
        }

        if (any != 0 && _plan.HasMembers(block))
            _lists.Add(block, seen);
    }

    private void ListTokens(int scale)
    {
        GridSize grid = _plan.Schedule[scale];
        if (scale < _options.SinkScales)
        {
            ListTokens(_plan.RowsOf(scale), _slots);
            return;
        }

        FarFieldLevel level = _plan.Levels(scale)[0];
        for (int row = 0; row < grid.Height; row++)
        {
            int firstBlock = level.BlockAt(row, 0);
            if (!_open.AsSpan(firstBlock * _words, level.Grid.Width * _words).ContainsAnyExcept(0UL))
                continue;
            for (int column = 0; column < grid.Width; column += level.Side)
            {
                ReadOnlySpan<ulong> slots = Open(firstBlock + column / level.Side);
                if (slots.ContainsAnyExcept(0UL))
                    ListTokens(_plan.RowsOf(scale).Slice(row * grid.Width + column, Math.Min(level.Side, grid.Width - column)), slots);
            }
        }
    }

    private void ListTokens(ReadOnlySpan<int> rows, ReadOnlySpan<ulong> slots)
    {
        foreach (int row in rows)
        {
            if (row >= 0)
                _lists.Add(_plan.SummaryCount + row, slots);
        }
    }

    private Span<ulong> Open(int block) => _open.AsSpan(block * _words, _words);
}
