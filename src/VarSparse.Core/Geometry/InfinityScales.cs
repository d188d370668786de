namespace VarSparse.Geometry;

/// <summary>Infinity's scale lists by aspect ratio (height over width), as data. Ratios below 1 are their inverses' transposes.</summary>
internal static class InfinityScales
{
    /// <summary>How far a ratio given by a caller may be from a listed one: 4/7 is listed as 0.571.</summary>
    private const double Tolerance = 0.002;

    private static readonly (double Ratio, double Inverse, GridSize[] Scales)[] Table =
    [
        (1.000, 1.000, Grids((1, 1), (2, 2), (4, 4), (6, 6), (8, 8), (12, 12), (16, 16), (20, 20), (24, 24), (32, 32), (40, 40), (48, 48), (64, 64))),
        (1.250, 0.800, Grids((1, 1), (2, 2), (3, 3), (5, 4), (10, 8), (15, 12), (20, 16), (25, 20), (30, 24), (35, 28), (45, 36), (55, 44), (70, 56))),
        (1.333, 0.750, Grids((1, 1), (2, 2), (4, 3), (8, 6), (12, 9), (16, 12), (20, 15), (24, 18), (28, 21), (36, 27), (48, 36), (60, 45), (72, 54))),
        (1.500, 0.667, Grids((1, 1), (2, 2), (3, 2), (6, 4), (9, 6), (15, 10), (21, 14), (27, 18), (33, 22), (39, 26), (48, 32), (63, 42), (78, 52))),
        (1.750, 0.571, Grids((1, 1), (2, 2), (3, 3), (7, 4), (11, 6), (14, 8), (21, 12), (28, 16), (35, 20), (42, 24), (56, 32), (70, 40), (84, 48))),
        (2.000, 0.500, Grids((1, 1), (2, 2), (4, 2), (6, 3), (10, 5), (16, 8), (22, 11), (30, 15), (38, 19), (46, 23), (60, 30), (74, 37), (90, 45))),
        (2.500, 0.400, Grids((1, 1), (2, 2), (5, 2), (10, 4), (15, 6), (20, 8), (25, 10), (30, 12), (40, 16), (50, 20), (65, 26), (80, 32), (100, 40))),
        (3.000, 0.333, Grids((1, 1), (2, 2), (6, 2), (9, 3), (15, 5), (21, 7), (27, 9), (36, 12), (45, 15), (54, 18), (72, 24), (90, 30), (111, 37))),
    ];

    /// <summary>All ratios that can be asked for, ascending.</summary>
    public static IReadOnlyList<double> AspectRatios { get; } =
        [.. Table.SelectMany(entry => new[] { entry.Ratio, entry.Inverse }).Distinct().Order()];

    /// <summary>The 13 scales of an aspect ratio, or null if the ratio is not one of Infinity's.</summary>
    public static IEnumerable<GridSize>? Find(double aspectRatio)
    {
        foreach ((double ratio, double inverse, GridSize[] scales) in Table)
        {
            if (Math.Abs(aspectRatio - ratio) <= Tolerance)
                return scales;
            if (Math.Abs(aspectRatio - inverse) <= Tolerance)
                return scales.Select(grid => grid.Transposed);
        }

        return null;
    }

    private static GridSize[] Grids(params (int Height, int Width)[] sizes) =>
        [.. sizes.Select(size => new GridSize(size.Height, size.Width))];
}
