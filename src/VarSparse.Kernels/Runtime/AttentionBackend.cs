namespace VarSparse.Kernels.Runtime;

/// <summary>The attention kernels for CUDA devices, the preferred one first.</summary>
internal enum AttentionBackend
{
    /// <summary>wgmma on gathered keys in swizzled shared memory.</summary>
    Hopper,

    /// <summary>mma.sync, ldmatrix and cp.async: Ampere, Ada, consumer Blackwell.</summary>
    Ampere,

    /// <summary>No inline PTX at all.</summary>
    Portable,
}
