using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.FarFieldStudy;

/// <summary>How large the blocks of a source scale are, near the window and further away.</summary>
/// <param name="Factor">Side of the smallest blocks over the library's default.</param>
/// <param name="Reaches">
/// How many of the smallest blocks around those that the window touches stay whole, ascending: beyond the first number blocks have twice the
/// side, beyond the second four times, and so on. Empty for blocks of one size.
/// </param>
internal sealed record BlockSizes(int Factor, IReadOnlyList<int> Reaches)
{
    /// <summary>The library's.</summary>
    public static BlockSizes Default { get; } = new(1, []);

    /// <summary>The library's with twice the side: whole blocks around the window are larger too.</summary>
    public static BlockSizes Coarse { get; } = new(2, []);

    /// <summary>The sides of a source scale, each twice the one before.</summary>
    public int[] Sides(GridSize grid) =>
        [.. Enumerable.Range(0, Reaches.Count + 1).Select(step => (FarField.DefaultBlockSide(grid) * Factor) << step)];
}
