using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// The key lists of a far-field plan. For each tile it first marks which slots each block is near to; then a near block's tokens are
/// listed for these slots, and its summary for the others.
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

    /// <summary>The slots that each block is near to.</summary>
    private readonly ulong[] _near;
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
        _near = new ulong[plan.SummaryCount * _words];
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
            MarkNear(queries);
            ListSummaries();
            for (int scale = 0; scale <= _plan.QueryScale; scale++)
                ListTokens(scale);
            offsets[tile + 1] = _keys.Count;
        }

        var lists = KeyLists.CreateTrusted(
            _plan.SummaryCount + _plan.TokenCount, offsets, [.. _keys], _options.ExactMask ? [.. _mask] : null, _words);
        return SparsePattern.CreateTrusted(_tiles, lists, [.. Enumerable.Range(0, _tiles.TileCount)]);
    }

    private void MarkNear(ReadOnlySpan<int> queries)
    {
        Array.Clear(_near);
        int queryWidth = _plan.Schedule[_plan.QueryScale].Width;
        for (int scale = _options.SinkScales; scale <= _plan.QueryScale; scale++)
        {
            if (_windows[scale] < 0)
                continue;
            GridSize source = _plan.Schedule[scale];
            int side = _plan.Side(scale), first = _plan.BlocksOf(scale).Start.Value, width = _plan.BlockGrid(scale).Width;
            _rows.Mark(queries, queryWidth, byRow: true, source.Height, _windows[scale] / 2, side);
            _columns.Mark(queries, queryWidth, byRow: false, source.Width, _windows[scale] / 2, side);
            for (int row = _rows.First; row <= _rows.Last; row++)
            {
                for (int column = _columns.First; column <= _columns.Last; column++)
                    MarkNear(_rows.Slots(row), _columns.Slots(column), Near(first + row * width + column));
            }
        }
    }

    /// <summary>A block is near to the slots whose row window touches its rows and whose column window touches its columns.</summary>
    private void MarkNear(ReadOnlySpan<ulong> rowSlots, ReadOnlySpan<ulong> columnSlots, Span<ulong> near)
    {
        for (int word = 0; word < near.Length; word++)
            near[word] = rowSlots[word] & columnSlots[word];
        if (!_options.ExactMask && near.ContainsAnyExcept(0UL))
            _slots.CopyTo(near);
    }

    private void ListSummaries()
    {
        Span<ulong> far = stackalloc ulong[_words];
        for (int block = 0; block < _plan.SummaryCount; block++)
        {
            ReadOnlySpan<ulong> near = Near(block);
            for (int word = 0; word < far.Length; word++)
                far[word] = _slots[word] & ~near[word];
            if (far.ContainsAnyExcept(0UL) && !_plan.Members(block).IsEmpty)
                List(block, far);
        }
    }

    private void ListTokens(int scale)
    {
        ReadOnlySpan<int> rows = _plan.RowsOf(scale);
        bool isSink = scale < _options.SinkScales;
        int width = _plan.Schedule[scale].Width, side = _plan.Side(scale);
        int first = isSink ? 0 : _plan.BlocksOf(scale).Start.Value, blocksWide = _plan.BlockGrid(scale).Width;
        for (int token = 0; token < rows.Length; token++)
        {
            if (rows[token] < 0)
                continue;
            ReadOnlySpan<ulong> slots = isSink ? _slots : Near(first + token / width / side * blocksWide + token % width / side);
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

    private Span<ulong> Near(int block) => _near.AsSpan(block * _words, _words);
}
