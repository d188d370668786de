using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Scoring;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies;

/// <summary>
/// The tokens that any image of a batch needs refined, from the residual of the scale before. On the CPU by the scores of Core; elsewhere
/// by the same formulas on the device, so that only the list of tokens comes to the host.
/// </summary>
internal static class RefinementTokens
{
    /// <param name="residual">[B, C, h, w] of any floating type.</param>
    /// <param name="target">The grid to select from.</param>
    /// <param name="rho">Share of the energy to keep.</param>
    public static int[] Select(Tensor residual, GridSize target, double rho) =>
        residual.device_type == DeviceType.CPU ? OnHost(residual, target, rho) : OnDevice(residual, target, rho);

    public static int[] OnHost(Tensor residual, GridSize target, double rho)
    {
        using var images = new HostImages(residual);
        var grid = new GridSize((int)residual.size(2), (int)residual.size(3));
        var energy = new float[target.TokenCount];
        var needed = new bool[target.TokenCount];
        for (int image = 0; image < images.Count; image++)
        {
            HighFrequencyEnergy.Compute(images[image], (int)residual.size(1), grid, target, energy);
            foreach (int token in RefinementMask.Select(energy, rho))
                needed[token] = true;
        }

        return [.. Enumerable.Range(0, needed.Length).Where(token => needed[token])];
    }

    public static int[] OnDevice(Tensor residual, GridSize target, double rho)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor energy = Energy(residual, target);
        (Tensor sorted, Tensor order) = sort(energy, dim: 1, descending: true, stable: true);
        Tensor sums = sorted.to(ScalarType.Float64).cumsum(1);
        Tensor total = sums.narrow(1, sums.size(1) - 1, 1);
        Tensor isRanked = total.gt(0).logical_and(total.isfinite());

        // A token is kept while those before it do not reach the share; without a ranking, always.
        Tensor before = cat([zeros_like(total), sums.narrow(1, 0, sums.size(1) - 1)], 1);
        Tensor keptInOrder = before.lt(total * rho).logical_or(isRanked.logical_not());
        Tensor kept = zeros_like(keptInOrder).scatter_(1, order, keptInOrder);

        // One copy of a byte a token. A list of indices would wait twice: once for its length, once for itself.
        Tensor needed = kept.any(0).to(ScalarType.Byte).cpu();
        return TokensOf(needed.data<byte>().ToArray());
    }

    private static int[] TokensOf(byte[] needed) => [.. Enumerable.Range(0, needed.Length).Where(token => needed[token] != 0)];

    /// <summary>Energies in float32, [B, tokens of the target grid]; the formulas of <see cref="HighFrequencyEnergy"/>.</summary>
    private static Tensor Energy(Tensor residual, GridSize target)
    {
        Tensor map = residual.to(ScalarType.Float32).to(ScalarType.Float64);
        map = RepeatLastIfOdd(RepeatLastIfOdd(map, 2), 3);
        Tensor top = Every(map, 2, 0), bottom = Every(map, 2, 1);
        Tensor sums = top + bottom, differences = bottom - top;
        Tensor across = (Every(sums, 3, 1) - Every(sums, 3, 0)).square().sum(1, keepdim: true);
        Tensor left = Every(differences, 3, 0).square().sum(1, keepdim: true);
        Tensor right = Every(differences, 3, 1).square().sum(1, keepdim: true);
        Tensor energy = (across + 2 * (left + right)) / 4;
        Tensor pooled = nn.functional.avg_pool2d(energy, 3, stride: 1, padding: 1);
        Tensor atTarget = nn.functional.interpolate(pooled, [target.Height, target.Width], mode: InterpolationMode.Bilinear, align_corners: false);
        return atTarget.to(ScalarType.Float32).flatten(1);
    }

    private static Tensor RepeatLastIfOdd(Tensor map, int dimension) => map.size(dimension) % 2 == 0
        ? map
        : cat([map, map.narrow(dimension, map.size(dimension) - 1, 1)], dimension);

    /// <summary>Every second row or column.</summary>
    private static Tensor Every(Tensor map, int dimension, long first) => map.slice(dimension, first, map.size(dimension), 2);
}
