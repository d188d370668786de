using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// For each row (or column) of a source grid, or for each row of its square blocks, the slots of a tile whose zone touches it.
/// Reused from tile to tile.
/// </summary>
internal sealed class AxisMask(int queryExtent, int wordsPerKey)
{
    private ulong[] _slots = [];

    /// <summary>First row of cells or blocks that any slot sees; above <see cref="Last"/> when there is none.</summary>
    public int First { get; private set; }

    /// <summary>Last row of cells or blocks that any slot sees.</summary>
    public int Last { get; private set; }

    public ReadOnlySpan<ulong> Slots(int row) => _slots.AsSpan(row * wordsPerKey, wordsPerKey);

    /// <param name="queries">The queries of the tile, by slot.</param>
    /// <param name="queryWidth">Columns of the queries' grid.</param>
    /// <param name="byRow">True for rows, false for columns.</param>
    /// <param name="sourceExtent">Rows (or columns) of the source grid.</param>
    /// <param name="zone">Which cells belong to a query.</param>
    /// <param name="side">Cells of a block along this axis.</param>
    public void Mark(ReadOnlySpan<int> queries, int queryWidth, bool byRow, int sourceExtent, AxisZone zone, int side = 1)
    {
        int extent = QueryTiles.CeilingDivide(sourceExtent, side);
        if (_slots.Length < extent * wordsPerKey)
            _slots = new ulong[extent * wordsPerKey];
        else
            Array.Clear(_slots);
        First = extent;
        Last = -1;
        for (int slot = 0; slot < queries.Length; slot++)
        {
            int coordinate = byRow ? queries[slot] / queryWidth : queries[slot] % queryWidth;
            int centre = ProportionalCoordinate.Nearest(coordinate, queryExtent, sourceExtent);
            (int from, int to) = zone.Around(centre, sourceExtent);
            if (from > to)
                continue;
            First = Math.Min(First, from / side);
            Last = Math.Max(Last, to / side);
            for (int i = from / side; i <= to / side; i++)
                _slots[i * wordsPerKey + slot / 64] |= 1UL << (slot % 64);
        }
    }
}
