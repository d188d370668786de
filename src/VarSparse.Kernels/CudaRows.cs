namespace VarSparse.Kernels;

/// <summary>A tensor [B, n, C] in device memory whose rows of C elements are contiguous.</summary>
/// <param name="Address">Device address of the first element.</param>
/// <param name="BatchStride">Elements from a batch entry to the next; 0 where all have the same rows.</param>
/// <param name="TokenStride">Elements from a row to the next; 0 where all tokens have the same row.</param>
public readonly record struct CudaRows(ulong Address, long BatchStride, long TokenStride);

/// <summary>The sizes [B, n, C] and the element type that all rows of a call have.</summary>
/// <param name="Batch">Batch entries (B), at most 65535.</param>
/// <param name="Tokens">Rows of a batch entry (n).</param>
/// <param name="Width">Elements of a row (C).</param>
/// <param name="Element">Element type. Arithmetic is float32 with every one of them.</param>
public readonly record struct CudaRowSizes(int Batch, int Tokens, int Width, AttentionElement Element);
