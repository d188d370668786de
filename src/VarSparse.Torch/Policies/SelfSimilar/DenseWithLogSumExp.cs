using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Dense attention that also gives its log-sum-exp, which torch's own keeps to itself.</summary>
internal static class DenseWithLogSumExp
{
    /// <returns>The output [B, H, Lq, D], and float32 [B, H, Lq].</returns>
    public static (Tensor Output, Tensor LogSumExp) Run(AttentionContext attention)
    {
        SparsePattern pattern = SparsePattern.Dense(attention.Tokens.QueryCount, attention.Tokens.KeyCount);
        if (attention.Tokens.KeyBiasArray is { } bias)
            pattern = pattern.WithKeyBias(bias);
        return SparseAttention.ApplyWithLogSumExp(attention.Query, attention.Key, attention.Value, pattern, attention.SoftmaxScale);
    }
}
