using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>The memory that attention writes its result to.</summary>
internal static class AttentionResult
{
    /// <summary>Memory in the order of q.</summary>
    /// <param name="q">[B, H, L, D].</param>
    public static Tensor Empty(Tensor q)
    {
        (long batch, long heads, long tokens, long dimension) = (q.size(0), q.size(1), q.size(2), q.size(3));
        if (!IsTokensFirst(q))
            return empty(batch, heads, tokens, dimension, dtype: q.dtype, device: q.device);
        using Tensor tokensFirst = empty(batch, tokens, heads, dimension, dtype: q.dtype, device: q.device);
        return tokensFirst.transpose(1, 2);
    }

    /// <summary>A result that torch made, in the order of q: a copy only where it lies otherwise.</summary>
    /// <param name="q">[B, H, L, D].</param>
    /// <param name="output">[B, H, L, D].</param>
    public static Tensor InOrderOf(Tensor q, Tensor output)
    {
        if (!IsTokensFirst(q))
            return output.contiguous();
        using Tensor tokensFirst = output.transpose(1, 2);
        using Tensor plain = tokensFirst.contiguous();
        return plain.transpose(1, 2);
    }

    /// <summary>True if q lies as the projection of a [B, L, H, D] layer leaves it; then the next reshape of a result that does copies nothing either.</summary>
    private static bool IsTokensFirst(Tensor q) => q.size(1) > 1 && q.stride(1) < q.stride(2);
}
