using VarSparse.Geometry;

namespace VarSparse.FarFieldStudy;

/// <summary>How large the blocks of a source scale are, near the window and further away.</summary>
/// <param name="Factor">Side of the smallest blocks over that of <see cref="Default"/>.</param>
/// <param name="Reaches">
/// How many of the smallest blocks around those that the window touches stay whole, ascending: beyond the first number blocks have twice the
/// side, beyond the second four times, and so on. Empty for blocks of one size.
/// </param>
internal sealed record BlockSizes(int Factor, IReadOnlyList<int> Reaches)
{
    private const int UpToSide4 = 22;
    private const int UpToSide8 = 56;

    /// <summary>Blocks of one size: 2 on grids of fewer than 22 x 22 tokens, 4 on fewer than 56 x 56, and 8.</summary>
    public static BlockSizes Default { get; } = new(1, []);

    /// <summary>With twice the side: whole blocks around the window are larger too.</summary>
    public static BlockSizes Coarse { get; } = new(2, []);

    /// <summary>The sides of a source scale, each twice the one before.</summary>
    public int[] Sides(GridSize grid) =>
        [.. Enumerable.Range(0, Reaches.Count + 1).Select(step => (SmallestSide(grid) * Factor) << step)];

    private static int SmallestSide(GridSize grid) => grid.TokenCount < UpToSide4 * UpToSide4 ? 2 : grid.TokenCount < UpToSide8 * UpToSide8 ? 4 : 8;
}
