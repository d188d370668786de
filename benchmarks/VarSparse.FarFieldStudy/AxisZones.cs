using VarSparse.Geometry;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>
/// Rows (or columns) of a source scale as rows (or columns) of queries see them: level 0 is tokens, each level above it blocks of a larger
/// side. A block is open to a query, seen through the level below, if it touches the level's zone: the window at level 1, and at the levels
/// above it the blocks of level 1 that the window touches and some around them.
/// </summary>
/// <param name="queryExtent">Rows of the queries' grid.</param>
/// <param name="sourceExtent">Rows of the source scale.</param>
/// <param name="window">Side of the window, or -1 for none: then the zones above level 1 are around the query's proportional place.</param>
/// <param name="sides">Side of the blocks of each level; those of level 0 have one row.</param>
/// <param name="reaches">For each level from 2 on, how many blocks of level 1 around the window's belong to its zone; ascending.</param>
internal sealed class AxisZones(int queryExtent, int sourceExtent, int window, IReadOnlyList<int> sides, IReadOnlyList<int> reaches)
{
    public int Blocks(int level) => (sourceExtent + sides[level] - 1) / sides[level];

    /// <summary>Which blocks of a level are open to which queries, bool [queries, blocks].</summary>
    public Tensor Open(int level) => Table(level, (query, block) => level > 0 && Touches(Zone(query, level), block, sides[level]));

    /// <summary>Whether the block of the level above that holds a block is open; true at the highest level.</summary>
    public Tensor ParentOpen(int level) => Table(level, (query, block) =>
        level == sides.Count - 1 || Touches(Zone(query, level + 1), block * sides[level] / sides[level + 1], sides[level + 1]));

    private Tensor Table(int level, Func<int, int, bool> isSet)
    {
        int blocks = Blocks(level);
        bool[] table = [.. from query in Enumerable.Range(0, queryExtent) from block in Enumerable.Range(0, blocks) select isSet(query, block)];
        return tensor(table, queryExtent, blocks);
    }

    private static bool Touches((int From, int To) zone, int block, int side) =>
        zone.From <= zone.To && block * side <= zone.To && (block + 1) * side > zone.From;

    /// <summary>First and last row of a level's zone; the last before the first if it is empty.</summary>
    private (int From, int To) Zone(int query, int level)
    {
        int centre = ProportionalCoordinate.Nearest(query, queryExtent, sourceExtent);

        // A centre can lie one row behind the grid: then a window of one row touches nothing.
        (int from, int to) = window < 0 ? (0, -1) : (Math.Max(0, centre - window / 2), Math.Min(sourceExtent - 1, centre + window / 2));
        if (level == 1)
            return (from, to);
        if (from > to)
            from = to = Math.Min(centre, sourceExtent - 1);
        (int side, int reach) = (sides[1], reaches[level - 2]);
        return ((from / side - reach) * side, (to / side + reach + 1) * side - 1);
    }
}
