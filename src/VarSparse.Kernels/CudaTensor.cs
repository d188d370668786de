using VarSparse.Attention;

namespace VarSparse.Kernels;

/// <summary>A tensor in device memory: where it starts and how it lies.</summary>
/// <param name="Address">Device address of the first element; rows must start at multiples of 16 bytes.</param>
/// <param name="Layout">Sizes and strides in elements.</param>
public readonly record struct CudaTensor(ulong Address, AttentionLayout Layout);
