using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// For each row (or column) of a source grid, or for each row of its square blocks, the slots of a tile whose zone touches it.
/// Reused from tile to tile.
/// </summary>
/// <param name="queryExtent">Rows (or columns) of the queries' grid.</param>
/// <param name="placeOfQuery">The row (or column) of a query.</param>
/// <param name="wordsPerKey">Words of 64 slots.</param>
internal sealed class AxisMask(int queryExtent, Func<int, int> placeOfQuery, int wordsPerKey)
{
    private readonly SlotGroups _places = new();
    private ulong[] _slots = [];

    /// <summary>First row of cells or blocks that any slot sees; above <see cref="Last"/> when there is none.</summary>
    public int First { get; private set; }

    /// <summary>Last row of cells or blocks that any slot sees.</summary>
    public int Last { get; private set; }

    public ReadOnlySpan<ulong> Slots(int row) => _slots.AsSpan(row * wordsPerKey, wordsPerKey);

    /// <summary>Takes a tile, whose queries stand at few places along the axis.</summary>
    /// <param name="queries">The queries of the tile, by slot.</param>
    public void Take(ReadOnlySpan<int> queries) => _places.Build(queries, placeOfQuery);

    /// <summary>Marks the zones of the tile in hand.</summary>
    /// <param name="sourceExtent">Rows (or columns) of the source grid.</param>
    /// <param name="zone">Which cells belong to a query.</param>
    /// <param name="side">Cells of a block along this axis.</param>
    public void Mark(int sourceExtent, AxisZone zone, int side = 1)
    {
        int extent = QueryTiles.CeilingDivide(sourceExtent, side);
        if (_slots.Length < extent * wordsPerKey)
            _slots = new ulong[extent * wordsPerKey];
        else
            Array.Clear(_slots);
        First = extent;
        Last = -1;
        for (int place = 0; place < _places.Count; place++)
        {
            int centre = ProportionalCoordinate.Nearest(_places.Label(place), queryExtent, sourceExtent);
            (int from, int to) = zone.Around(centre, sourceExtent);
            if (from > to)
                continue;
            First = Math.Min(First, from / side);
            Last = Math.Max(Last, to / side);
            Mark(from / side, to / side, _places.Slots(place, wordsPerKey));
        }
    }

    private void Mark(int first, int last, ReadOnlySpan<ulong> slots)
    {
        for (int i = first; i <= last; i++)
        {
            for (int word = 0; word < slots.Length; word++)
                _slots[i * wordsPerKey + word] |= slots[word];
        }
    }
}
