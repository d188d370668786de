using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Normalisation;

/// <summary>
/// Where rows lie: a device address, or 0 for rows that a kernel does not use, and distances in bytes, of 32 bits so that a row's address
/// takes two instructions.
/// </summary>
internal struct RowsParameters
{
    public ulong Address;
    public uint BatchBytes;
    public uint TokenBytes;

    /// <summary>Address of the row that the group works on.</summary>
    public readonly ulong Row =>
        FastMath.MultiplyAddWide((uint)Grid.IdxX, TokenBytes, FastMath.MultiplyAddWide((uint)Grid.IdxY, BatchBytes, Address));
}

/// <summary>What the kernels of this folder are given.</summary>
internal struct LayerNormParameters
{
    public RowsParameters X;
    public RowsParameters Branch;
    public RowsParameters Gate;
    public RowsParameters Scale;
    public RowsParameters Shift;
    public RowsParameters Output;

    /// <summary>Elements of a row.</summary>
    public int Width;

    public float InverseWidth;
    public float Eps;

    /// <summary>Added to the scale: 0 or 1.</summary>
    public float ScaleOffset;
}

/// <summary>Of a row: (x - <see cref="Mean"/>) * <see cref="InverseDeviation"/> is normalised.</summary>
internal struct RowStatistics
{
    public float Mean;
    public float InverseDeviation;
}
