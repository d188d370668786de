namespace VarSparse.Attention;

/// <summary>Sizes of a [batch, heads, tokens, head dimension] tensor and where its elements lie. The last dimension is contiguous.</summary>
/// <param name="Batch">Batch entries (B).</param>
/// <param name="Heads">Heads (H).</param>
/// <param name="Tokens">Queries or keys (L).</param>
/// <param name="HeadDimension">Elements of a head (D).</param>
/// <param name="BatchStride">Elements from one batch entry to the next.</param>
/// <param name="HeadStride">Elements from one head to the next.</param>
/// <param name="TokenStride">Elements from one token to the next.</param>
public readonly record struct AttentionLayout(
    int Batch, int Heads, int Tokens, int HeadDimension, long BatchStride, long HeadStride, long TokenStride)
{
    /// <summary>Number of elements from the first to the last one, both included; 2^63 - 1 if it is more than that.</summary>
    public long Extent => (long)Int128.Min(
        long.MaxValue,
        (Int128)(Batch - 1) * BatchStride + (Int128)(Heads - 1) * HeadStride + (Int128)(Tokens - 1) * TokenStride + HeadDimension);

    /// <summary>A contiguous [B, H, L, D] tensor.</summary>
    /// <param name="batch">Batch entries.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="tokens">Queries or keys.</param>
    /// <param name="headDimension">Elements of a head.</param>
    public static AttentionLayout HeadsFirst(int batch, int heads, int tokens, int headDimension) =>
        new(batch, heads, tokens, headDimension, (long)heads * tokens * headDimension, (long)tokens * headDimension, headDimension);

    /// <summary>A contiguous [B, L, H, D] tensor, as a projection leaves it.</summary>
    /// <inheritdoc cref="HeadsFirst" path="/param"/>
    public static AttentionLayout TokensFirst(int batch, int heads, int tokens, int headDimension) =>
        new(batch, heads, tokens, headDimension, (long)heads * tokens * headDimension, headDimension, (long)heads * headDimension);

    /// <summary>Sizes and strides in one line.</summary>
    public override string ToString() =>
        $"[{Batch}, {Heads}, {Tokens}, {HeadDimension}] with strides ({BatchStride}, {HeadStride}, {TokenStride}, 1)";

    internal long Offset(int batch, int head, long token) => batch * BatchStride + head * HeadStride + token * TokenStride;
}
