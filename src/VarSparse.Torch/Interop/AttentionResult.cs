using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>The memory that attention writes its result to.</summary>
internal static class AttentionResult
{
    /// <summary>Tokens first if q lies so, as the projection of a [B, L, H, D] layer leaves it; then the next reshape copies nothing either.</summary>
    /// <param name="q">[B, H, L, D].</param>
    public static Tensor Empty(Tensor q)
    {
        (long batch, long heads, long tokens, long dimension) = (q.size(0), q.size(1), q.size(2), q.size(3));
        if (heads == 1 || q.stride(1) >= q.stride(2))
            return empty(batch, heads, tokens, dimension, dtype: q.dtype, device: q.device);
        using Tensor tokensFirst = empty(batch, tokens, heads, dimension, dtype: q.dtype, device: q.device);
        return tokensFirst.transpose(1, 2);
    }
}
