using VarSparse.Geometry;

namespace VarSparse.Kernels.Selection;

/// <summary>
/// Windows along one axis: a row (or column) of queries sees the source rows that are at most a radius from its proportional place. Called
/// by kernels: no checks, no tuples.
/// </summary>
internal static class AxisWindow
{
    /// <summary>The first source row that a query row sees.</summary>
    public static int FirstSeen(int row, int extent, int sourceExtent, int radius) =>
        (int)Math.Max(0, Centre(row, extent, sourceExtent) - radius);

    /// <summary>The end of the source rows that a query row sees.</summary>
    public static int EndOfSeen(int row, int extent, int sourceExtent, int radius) =>
        (int)Math.Min(sourceExtent, Centre(row, extent, sourceExtent) + radius + 1);

    /// <summary>The nearest source row to a query row; perhaps just beyond the grid.</summary>
    private static long Centre(int row, int extent, int sourceExtent) => ProportionalCoordinate.RoundedQuotient((long)row * sourceExtent, extent);

    /// <summary>The first query row whose <see cref="Centre"/> is a source row or beyond; perhaps beyond the grid.</summary>
    /// <param name="sourceRow">Any number.</param>
    /// <param name="extent">Rows of the query grid.</param>
    /// <param name="sourceExtent">Rows of the source grid.</param>
    public static long FirstCentredFrom(long sourceRow, int extent, int sourceExtent)
    {
        if (sourceRow <= 0)
            return 0;

        // Its place is half a row before the source row at the earliest, and there only if a half goes up to it, the even neighbour.
        ulong place = (ulong)extent * (ulong)(2 * sourceRow - 1), step = 2 * (ulong)sourceExtent;
        return (long)((place + ((sourceRow & 1) == 0 ? step - 1 : step)) / step);
    }
}
