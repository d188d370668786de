using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Dense attention that also gives its log-sum-exp, which torch's own keeps to itself. One for all layers of a generation.</summary>
internal sealed class DenseWithLogSumExp
{
    private readonly DensePattern _pattern = new();

    /// <returns>The output [B, H, Lq, D], and float32 [B, H, Lq].</returns>
    public (Tensor Output, Tensor LogSumExp) Run(AttentionContext attention) => SparseAttention.ApplyWithLogSumExp(
        attention.Query, attention.Key, attention.Value, _pattern.Of(attention.Tokens), attention.SoftmaxScale);
}
