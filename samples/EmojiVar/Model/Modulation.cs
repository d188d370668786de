using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>What a class makes of a normalisation: LN(x) * (1 + scale) + shift.</summary>
/// <param name="Factor">1 + scale, [B, 1, C].</param>
/// <param name="Shift">[B, 1, C].</param>
internal sealed record Modulation(Tensor Factor, Tensor Shift)
{
    /// <summary>Made once: a number makes an object of torch's at every call.</summary>
    private static readonly Scalar s_once = 1;

    /// <summary>The first entries of the batch, as views.</summary>
    public Modulation First(long count) => new(Factor.narrow(0, 0, count), Shift.narrow(0, 0, count));

    /// <summary>The normalised x [B, L, C], LN without weights.</summary>
    /// <param name="x">[B, L, C].</param>
    /// <param name="eps">Added to the variance.</param>
    public Tensor Apply(Tensor x, double eps)
    {
        using Tensor normalised = nn.functional.layer_norm(x, [x.size(2)], eps: eps);
        return addcmul(Shift, normalised, Factor, s_once);
    }

    /// <summary>The same in the type that a layer computes in.</summary>
    public Tensor Apply(Tensor x, double eps, ScalarType type)
    {
        if (type == x.dtype)
            return Apply(x, eps);
        using Tensor exact = Apply(x, eps);
        return exact.to(type);
    }
}
