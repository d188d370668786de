using VarSparse.Geometry;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

/// <summary>The residual cache: differences of outputs as a map over the grid, and the map at another grid.</summary>
internal static class SlowResidual
{
    /// <param name="difference">[B, H, n, D].</param>
    /// <param name="tokens">Which tokens of the grid these are; the others have no residual.</param>
    /// <param name="grid">The grid.</param>
    /// <returns>[B, H * D, h, w].</returns>
    public static Tensor MapOf(Tensor difference, int[] tokens, GridSize grid)
    {
        Tensor map = zeros(difference.size(0), difference.size(1), difference.size(3), grid.TokenCount, dtype: difference.dtype);
        for (int i = 0; i < tokens.Length; i++)
            map.select(3, tokens[i]).copy_(difference.select(2, i));
        return map.reshape(difference.size(0), -1, grid.Height, grid.Width);
    }

    /// <returns>[B, H, tokens of the grid, D].</returns>
    public static Tensor At(Tensor map, GridSize grid, int heads)
    {
        Tensor atSize = nn.functional.interpolate(map, [grid.Height, grid.Width], mode: InterpolationMode.Bilinear, align_corners: false);
        return atSize.reshape(map.size(0), heads, -1, grid.TokenCount).transpose(2, 3);
    }
}
