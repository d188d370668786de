using VarSparse.Attention;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Column sums on the CPU of tensors wherever they are.</summary>
internal static class HostColumnSums
{
    /// <param name="query">[B, H, Lq, D].</param>
    /// <param name="key">[B, H, Lk, D].</param>
    /// <param name="logSumExp">float32 [B, H, Lq].</param>
    /// <param name="tiles">Tiles of Lq queries.</param>
    /// <param name="scale">Factor on dot products.</param>
    /// <returns>[B, H, tiles, Lk].</returns>
    public static float[] Of(Tensor query, Tensor key, Tensor logSumExp, QueryTiles tiles, double scale)
    {
        using Tensor q = query.cpu(), k = key.cpu(), sums = logSumExp.cpu();
        return q.dtype switch
        {
            ScalarType.Float32 => Run<float>(q, k, sums, tiles, scale),
            ScalarType.Float16 => Run<Half>(q, k, sums, tiles, scale),
            _ => Run<BFloat16>(q, k, sums, tiles, scale),
        };
    }

    private static unsafe float[] Run<T>(Tensor q, Tensor k, Tensor logSumExp, QueryTiles tiles, double scale)
        where T : unmanaged
    {
        AttentionShape shape = TensorChecks.CheckAttentionInputs(q, k, k);
        var sums = new float[checked(shape.Batch * shape.Heads * tiles.TileCount * shape.KeyLength)];
        CpuAttention.Shared.SumColumns(
            HostInputs.Of<T>(q),
            HostInputs.Of<T>(k),
            HostInputs.Floats(logSumExp),
            tiles,
            sums,
            scale,
            get_num_threads());
        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(logSumExp);
        return sums;
    }
}
