using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>The attention contract written with TorchSharp in float64, and random q, k, v for it.</summary>
internal static class AttentionInTorch
{
    public static (Tensor Q, Tensor K, Tensor V) Random(
        long seed, int batch, int heads, SparsePattern pattern, int headDimension, ScalarType dtype = ScalarType.Float32)
    {
        manual_seed(seed);
        return (
            randn(batch, heads, pattern.QueryCount, headDimension).to(dtype),
            randn(batch, heads, pattern.KeyCount, headDimension).to(dtype),
            randn(batch, heads, pattern.KeyCount, headDimension).to(dtype));
    }

    /// <summary>Output [B, H, Lq, D] and log-sum-exp [B, H, Lq] in float64 of the values as rounded to the dtype of q, k and v.</summary>
    public static (Tensor Output, Tensor LogSumExp) Reference(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null)
    {
        double factor = scale ?? 1 / Math.Sqrt(q.size(3));
        Tensor logits = matmul(q.to(ScalarType.Float64), k.to(ScalarType.Float64).transpose(2, 3)) * factor;
        if (!pattern.KeyBias.IsEmpty)
            logits += tensor(pattern.KeyBias.ToArray()).to(ScalarType.Float64);
        logits = logits.masked_fill(Mask(pattern, q.size(0), q.size(1)).logical_not(), double.NegativeInfinity);
        return (matmul(logits.softmax(-1).nan_to_num(0), v.to(ScalarType.Float64)), logits.logsumexp(-1));
    }

    /// <summary>Which keys are visible, [B, H, Lq, Lk].</summary>
    public static Tensor Mask(SparsePattern pattern, long batch, long heads)
    {
        var rows = new List<Tensor>();
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < heads; h++)
                rows.Add(tensor(pattern.ToDenseMask(pattern.BatchCount == 1 ? 0 : b, pattern.HeadCount == 1 ? 0 : h)));
        }

        return stack(rows).reshape(batch, heads, pattern.QueryCount, pattern.KeyCount);
    }

    /// <summary>‖actual - expected‖ / ‖expected‖.</summary>
    public static double RelativeError(Tensor actual, Tensor expected) =>
        ((actual.to(ScalarType.Float64) - expected).norm() / expected.norm()).item<double>();
}
