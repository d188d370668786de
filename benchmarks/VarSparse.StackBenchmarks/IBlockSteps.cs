using TorchSharp;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>Factors and addends of a normalisation, each [B, 1, C].</summary>
internal readonly record struct Condition(Tensor Factor, Tensor Shift);

/// <summary>What a block does between its matrix products.</summary>
internal interface IBlockSteps
{
    /// <summary>LN(x) * factor + shift.</summary>
    Tensor Normalise(Tensor x, Condition condition);

    /// <summary>x += branch * gate.</summary>
    void Add(Tensor x, Tensor branch, Tensor gate);

    /// <summary>One after the other.</summary>
    Tensor AddAndNormalise(Tensor x, Tensor branch, Tensor gate, Condition condition);
}

/// <summary>The library's, one kernel each.</summary>
internal sealed class FusedSteps : IBlockSteps
{
    public Tensor Normalise(Tensor x, Condition condition) =>
        AdaptiveLayerNorm.Apply(x, condition.Factor, condition.Shift, onePlusScale: false);

    public void Add(Tensor x, Tensor branch, Tensor gate) => AdaptiveLayerNorm.AddGated(x, branch, gate);

    public Tensor AddAndNormalise(Tensor x, Tensor branch, Tensor gate, Condition condition) =>
        AdaptiveLayerNorm.AddGatedAndApply(x, branch, gate, condition.Factor, condition.Shift, onePlusScale: false);
}

/// <summary>Torch's own operations.</summary>
internal sealed class TorchSteps : IBlockSteps
{
    private const double Eps = 1e-6;

    /// <summary>Made once: a number makes an object of torch's at every call.</summary>
    private static readonly Scalar s_once = 1;

    public Tensor Normalise(Tensor x, Condition condition)
    {
        using Tensor normalised = nn.functional.layer_norm(x, [x.size(2)], eps: Eps);
        return addcmul(condition.Shift, normalised, condition.Factor, s_once);
    }

    public void Add(Tensor x, Tensor branch, Tensor gate) => x.addcmul_(branch, gate, s_once);

    public Tensor AddAndNormalise(Tensor x, Tensor branch, Tensor gate, Condition condition)
    {
        Add(x, branch, gate);
        return Normalise(x, condition);
    }
}
