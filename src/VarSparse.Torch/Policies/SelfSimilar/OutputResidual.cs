using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>
/// What sparse attention of some heads misses at the decision scale, O_dense - O_sparse, to be added at later scales after bilinear interpolation to
/// their grid (SparVAR, arXiv 2602.04361, residual cache). Tokens that were left out have no residual.
/// </summary>
/// <remarks>
/// It lies in memory as a projection leaves tokens, [B, n, H, D], which is also an image whose channels come last: interpolating it and
/// adding it to the output moves nothing to another order.
/// </remarks>
internal sealed class OutputResidual : IDisposable
{
    /// <summary>[B, H * D, h, w] in the type of the outputs.</summary>
    private readonly Tensor _map;
    private readonly int _firstHead;
    private readonly int _heads;

    private OutputResidual(Tensor map, int firstHead, int heads) => (_map, _firstHead, _heads) = (map, firstHead, heads);

    /// <param name="dense">Output of dense attention, [B, H, n, D].</param>
    /// <param name="sparse">Output of sparse attention, [B, H, n, D].</param>
    /// <param name="attention">Which heads and tokens these are.</param>
    public static OutputResidual Of(Tensor dense, Tensor sparse, AttentionContext attention)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ScaleTokens tokens = attention.Tokens;
        GridSize grid = tokens.Grid;
        (long batch, long heads, long dimension) = (dense.size(0), dense.size(1), dense.size(3));
        Tensor difference = (dense - sparse).transpose(1, 2);
        if (tokens.QueryArray is { } queries)
        {
            Tensor all = zeros(batch, grid.TokenCount, heads, dimension, dtype: dense.dtype, device: dense.device);
            difference = all.index_copy_(1, Indices(queries, dense.device), difference);
        }

        Tensor map = difference.reshape(batch, grid.Height, grid.Width, heads * dimension).permute(0, 3, 1, 2);
        return new OutputResidual(map.DetachFromDisposeScope(), attention.FirstHead, (int)heads);
    }

    /// <summary>Adds the residual in place, of the first B batch entries, to those heads of an output that it has.</summary>
    /// <param name="output">[B, H, n, D].</param>
    /// <param name="attention">Which heads and tokens these are.</param>
    public void AddTo(Tensor output, AttentionContext attention)
    {
        int first = Math.Max(_firstHead, attention.FirstHead);
        int heads = Math.Min(_firstHead + _heads, attention.FirstHead + (int)output.size(1)) - first;
        if (heads <= 0)
            return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        GridSize grid = attention.Tokens.Grid;
        (long batch, long dimension) = (output.size(0), output.size(3));
        Tensor map = _map.narrow(0, 0, batch).narrow(1, (first - _firstHead) * dimension, heads * dimension);

        // Torch's CPU kernels round a channel that comes last by its place among the others: a head would depend on its neighbours.
        if (map.device_type == DeviceType.CPU)
            map = map.to(ScalarType.Float32).contiguous();
        Tensor atSize = nn.functional.interpolate(map, [grid.Height, grid.Width], mode: InterpolationMode.Bilinear, align_corners: false);
        Tensor residual = atSize.permute(0, 2, 3, 1).reshape(batch, grid.TokenCount, heads, dimension).transpose(1, 2);
        if (attention.Tokens.QueryArray is { } queries)
            residual = residual.index_select(2, Indices(queries, output.device));
        output.narrow(1, first - attention.FirstHead, heads).add_(residual.to(output.dtype), Scalars.Once);
    }

    public void Dispose() => _map.Dispose();

    private static Tensor Indices(int[] tokens, Device device) => Uploads.To(tensor(Array.ConvertAll(tokens, token => (long)token)), device);
}
