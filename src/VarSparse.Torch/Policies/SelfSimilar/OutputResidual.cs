using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>
/// What sparse attention misses at the decision scale, O_dense - O_sparse, to be added at later scales after bilinear interpolation to
/// their grid (SparVAR, arXiv 2602.04361, residual cache). Tokens that were left out have no residual.
/// </summary>
internal sealed class OutputResidual : IDisposable
{
    private readonly Tensor _map;
    private readonly long _heads;

    private OutputResidual(Tensor map, long heads) => (_map, _heads) = (map, heads);

    /// <param name="dense">Output of dense attention, [B, H, n, D].</param>
    /// <param name="sparse">Output over the picked keys, [B, H, n, D].</param>
    /// <param name="tokens">Which tokens of the scale these are.</param>
    public static OutputResidual Of(Tensor dense, Tensor sparse, ScaleTokens tokens)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        GridSize grid = tokens.Grid;
        (long batch, long heads, long dimension) = (dense.size(0), dense.size(1), dense.size(3));
        Tensor difference = dense.to(ScalarType.Float32) - sparse.to(ScalarType.Float32);
        if (tokens.QueryArray is { } queries)
        {
            Tensor all = zeros(batch, heads, grid.TokenCount, dimension, device: dense.device);
            difference = all.index_copy_(2, Indices(queries, dense.device), difference);
        }

        Tensor map = difference.transpose(2, 3).reshape(batch, heads * dimension, grid.Height, grid.Width);
        return new OutputResidual(map.DetachFromDisposeScope(), heads);
    }

    /// <summary>Adds the residual to an output [B, H, n, D] in place, of the first B batch entries.</summary>
    public void AddTo(Tensor output, ScaleTokens tokens)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        GridSize grid = tokens.Grid;
        (long batch, long dimension) = (output.size(0), output.size(3));
        Tensor atSize = nn.functional.interpolate(
            _map.narrow(0, 0, batch), [grid.Height, grid.Width], mode: InterpolationMode.Bilinear, align_corners: false);
        Tensor residual = atSize.view(batch, _heads, dimension, grid.TokenCount).transpose(2, 3);
        if (tokens.QueryArray is { } queries)
            residual = residual.index_select(2, Indices(queries, output.device));
        output.add_(residual.to(output.dtype));
    }

    public void Dispose() => _map.Dispose();

    private static Tensor Indices(int[] tokens, Device device) => tensor(Array.ConvertAll(tokens, token => (long)token), device: device);
}
