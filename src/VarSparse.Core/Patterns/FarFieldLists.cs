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
    private readonly List<int> _keys = [];
    private readonly List<ulong> _mask = [];

    public FarFieldLists(FarFieldPlan plan, FarFieldOptions options, int[] windows)
    {
        GridSize grid = plan.Schedule[plan.QueryScale];
        _plan = plan;
        _options = options;
        _windows = windows;
        _tiles = QueryTiles.FromGrid(grid, options.Tile);
        _words = TileMaskBuilder.WordsFor(_tiles);
        _rows = new AxisMask(grid.Height, _words);
        _columns = new AxisMask(grid.Width, _words);
        _open = new ulong[plan.SummaryCount * _words];
        _slots = new ulong[_words];
    }

    public SparsePattern Build()
    {
        var offsets = new int[_tiles.TileCount + 1];
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
            offsets[tile + 1] = _keys.Count;
        }

        var lists = KeyLists.CreateTrusted(
            _plan.SummaryCount + _plan.TokenCount, offsets, [.. _keys], _options.ExactMask ? [.. _mask] : null, _words);
        return SparsePattern.CreateTrusted(_tiles, lists, [.. Enumerable.Range(0, _tiles.TileCount)]);
    }

    private void MarkOpen(ReadOnlySpan<int> queries)
    {
        Array.Clear(_open);
        for (int scale = _options.SinkScales; scale <= _plan.QueryScale; scale++)
        {
            ReadOnlySpan<FarFieldLevel> levels = _plan.Levels(scale);
            int radius = Math.Max(0, _windows[scale] / 2);
            if (_windows[scale] >= 0)
                MarkOpen(queries, scale, levels[0], new AxisZone(radius));
            for (int level = 1; level < levels.Length; level++)
                MarkOpen(queries, scale, levels[level], new AxisZone(radius) { BlockSide = levels[0].Side, BlocksAround = _options.CoarserBeyond[level - 1] });
        }
    }

    private void MarkOpen(ReadOnlySpan<int> queries, int scale, FarFieldLevel level, AxisZone zone)
    {
        (GridSize source, int queryWidth) = (_plan.Schedule[scale], _plan.Schedule[_plan.QueryScale].Width);
        _rows.Mark(queries, queryWidth, byRow: true, source.Height, zone, level.Side);
        _columns.Mark(queries, queryWidth, byRow: false, source.Width, zone, level.Side);
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
        Span<ulong> seen = stackalloc ulong[_words];
        for (int level = 0; level < levels.Length; level++)
        {
            for (int block = levels[level].First; block < levels[level].End; block++)
            {
                // Zones grow from level to level, so where a block is open all that hold it are.
                ReadOnlySpan<ulong> whole = level + 1 == levels.Length ? _slots : Open(Parent(block, levels[level + 1]));
                ReadOnlySpan<ulong> open = Open(block);
                for (int word = 0; word < seen.Length; word++)
                    seen[word] = whole[word] & ~open[word];
                if (seen.ContainsAnyExcept(0UL) && !_plan.Members(block).IsEmpty)
                    List(block, seen);
            }
        }
    }

    private int Parent(int block, FarFieldLevel above) => above.BlockAt(_plan.Blocks[block].Top, _plan.Blocks[block].Left);

    private void ListTokens(int scale)
    {
        ReadOnlySpan<int> rows = _plan.RowsOf(scale);
        bool isSink = scale < _options.SinkScales;
        int width = _plan.Schedule[scale].Width;
        for (int token = 0; token < rows.Length; token++)
        {
            if (rows[token] < 0)
                continue;
            ReadOnlySpan<ulong> slots = isSink ? _slots : Open(_plan.Levels(scale)[0].BlockAt(token / width, token % width));
            if (slots.ContainsAnyExcept(0UL))
                List(_plan.SummaryCount + rows[token], slots);
        }
    }

    private void List(int key, ReadOnlySpan<ulong> slots)
    {
        _keys.Add(key);
        if (_options.ExactMask)
            _mask.AddRange(slots);
    }

    private Span<ulong> Open(int block) => _open.AsSpan(block * _words, _words);
}
