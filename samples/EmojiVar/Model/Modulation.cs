using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>What a class makes of a normalisation: LN(x) * (1 + scale) + shift.</summary>
/// <param name="Factor">1 + scale, [B, 1, C].</param>
/// <param name="Shift">[B, 1, C].</param>
internal sealed record Modulation(Tensor Factor, Tensor Shift)
{
    /// <summary>The first entries of the batch, as views.</summary>
    public Modulation First(long count) => new(Factor.narrow(0, 0, count), Shift.narrow(0, 0, count));

    /// <summary>The normalised x [B, L, C], LN without weights.</summary>
    /// <param name="x">[B, L, C].</param>
    /// <param name="eps">Added to the variance.</param>
    public Tensor Apply(Tensor x, double eps) => AdaptiveLayerNorm.Apply(x, Factor, Shift, eps, onePlusScale: false);

    /// <summary>The same in the type that a layer computes in.</summary>
    public Tensor Apply(Tensor x, double eps, ScalarType type) => Rounded(Apply(x, eps), type);

    /// <summary>Adds a branch to x, in place, and normalises the new x.</summary>
    /// <param name="x">[B, L, C], updated.</param>
    /// <param name="branch">[B, L, C].</param>
    /// <param name="gain">Factor on the branch, [B, 1, C].</param>
    /// <param name="eps">Added to the variance.</param>
    /// <param name="type">Of the result.</param>
    public Tensor AddAndApply(Tensor x, Tensor branch, Tensor gain, double eps, ScalarType type) =>
        Rounded(AdaptiveLayerNorm.AddGatedAndApply(x, branch, gain, Factor, Shift, eps, onePlusScale: false), type);

    private static Tensor Rounded(Tensor exact, ScalarType type)
    {
        if (type == exact.dtype)
            return exact;
        using (exact)
            return exact.to(type);
    }
}
