namespace VarSparse.Patterns;

/// <summary>Which rows (or columns) of a source grid belong to a query, around its centre.</summary>
/// <param name="Radius">How far a window reaches from its centre, in cells; it may lie off the grid as a whole, and then nothing belongs.</param>
internal readonly record struct AxisZone(int Radius)
{
    /// <summary>If above 0: the window, or the cell next to the centre where it lies off the grid, is widened to whole blocks of that side.</summary>
    public int BlockSide { get; init; }

    /// <summary>And to as many blocks around those.</summary>
    public int BlocksAround { get; init; }

    /// <summary>First and last row; the last before the first if there is none.</summary>
    /// <param name="centre">The row that a query's place is proportional to; it can lie one row behind the grid.</param>
    /// <param name="extent">Rows of the grid.</param>
    public (int From, int To) Around(int centre, int extent)
    {
        int from = Math.Max(0, centre - Radius), to = (int)Math.Min(extent - 1, (long)centre + Radius);
        if (BlockSide == 0)
            return (from, to);
        from = Math.Min(from, to);
        return (
            (int)Math.Max(0, ((long)from / BlockSide - BlocksAround) * BlockSide),
            (int)Math.Min(extent - 1, ((long)to / BlockSide + BlocksAround + 1) * BlockSide - 1));
    }
}
