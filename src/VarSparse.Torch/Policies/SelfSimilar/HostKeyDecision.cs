using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Keys picked on the CPU, as a pattern of the complete decision scale. Tensors may be on any device.</summary>
internal sealed class HostKeyDecision : IKeyDecision
{
    private readonly SparsePattern _picked;
    private readonly Func<int, IndexMapping> _mappingTo;
    private SparsePattern _used;

    public HostKeyDecision(KeyMapOptions options, AttentionContext attention, Tensor logSumExp, KeyChoice choice, Func<int, IndexMapping> mappingTo)
    {
        ScaleTokens tokens = attention.Tokens;
        (int batch, int heads) = ((int)attention.Query.size(0), (int)attention.Query.size(1));
        QueryTiles all = options.TilesOf(tokens.Grid);
        var present = new PresentTiles(all, tokens);
        float[] sums = HostColumnSums.Of(attention.Query, attention.Key, logSumExp, present.Present, attention.SoftmaxScale);
        if (tokens.KeyBiasArray is { } bias)
            Weight(sums, bias);
        _used = _picked = present.Renumbered(choice.Pick(present.Complete(sums, batch * heads), batch, heads, all));
        _mappingTo = mappingTo;
    }

    public Tensor AttendPicked(AttentionContext attention) => attention.Apply(AsThere(_picked, attention.Tokens));

    public Tensor Attend(AttentionContext attention)
    {
        _used = _mappingTo(attention.Scale).Map(_picked.FirstBatchEntries((int)attention.Query.size(0)));
        return attention.Apply(AsThere(_used, attention.Tokens));
    }

    public override string ToString() => _used.ToString();

    public void Dispose()
    {
    }

    private static SparsePattern AsThere(SparsePattern complete, ScaleTokens tokens)
    {
        SparsePattern there = complete.Restrict(tokens.QueryArray, tokens.KeyArray);
        return tokens.KeyBiasArray is { } bias ? there.WithKeyBias(bias) : there;
    }

    /// <summary>A bias on a key's logit is a factor on its probability, which the log-sum-exp knows and the sums do not.</summary>
    private static void Weight(float[] sums, float[] bias)
    {
        float[] factors = Array.ConvertAll(bias, MathF.Exp);
        for (int i = 0; i < sums.Length; i++)
            sums[i] *= factors[i % factors.Length];
    }
}
