namespace VarSparse.Kernels;

/// <summary>The element type of queries, keys, values and output. Arithmetic is float32 with every one of them.</summary>
public enum AttentionElement
{
    /// <summary>IEEE binary32. On CUDA it has the portable kernel alone.</summary>
    Float32,

    /// <summary>IEEE binary16.</summary>
    Float16,

    /// <summary>The upper half of binary32.</summary>
    BFloat16,
}
