namespace VarSparse.Torch.Interop;

/// <summary>
/// The distances in elements between neighbours along [batch, head, token] of a tensor of logical order [B, H, L, D], whose last
/// dimension is contiguous. A [B, L, H, D] tensor arrives as its transpose(1, 2); an expanded dimension has stride 0.
/// </summary>
internal readonly record struct TensorStrides(long Batch, long Head, long Token);
