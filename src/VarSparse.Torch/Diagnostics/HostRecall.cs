using VarSparse.Attention;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch.Diagnostics;

/// <summary><see cref="AttentionRecall"/> of tensors wherever they are.</summary>
internal static class HostRecall
{
    /// <returns>One mean for each batch entry and head, [B, H].</returns>
    public static double[] Of(Tensor query, Tensor key, Tensor logSumExp, SparsePattern pattern, double scale)
    {
        using Tensor q = query.cpu(), k = key.cpu(), sums = logSumExp.cpu();
        var recall = new double[q.size(0) * q.size(1)];
        switch (q.dtype)
        {
            case ScalarType.Float32: AttentionRecall.Compute(HostInputs.Of<float>(q), HostInputs.Of<float>(k), HostInputs.Floats(sums), pattern, recall, scale); break;
            case ScalarType.Float16: AttentionRecall.Compute(HostInputs.Of<Half>(q), HostInputs.Of<Half>(k), HostInputs.Floats(sums), pattern, recall, scale); break;
            default: AttentionRecall.Compute(HostInputs.Of<BFloat16>(q), HostInputs.Of<BFloat16>(k), HostInputs.Floats(sums), pattern, recall, scale); break;
        }

        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(sums);
        return recall;
    }
}
