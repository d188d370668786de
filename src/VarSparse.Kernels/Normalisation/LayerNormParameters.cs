using ILGPU;

namespace VarSparse.Kernels.Normalisation;

/// <summary>Where rows lie: a device address, or 0 for rows that a kernel does not use, and distances in bytes.</summary>
internal struct RowsParameters
{
    public ulong Address;
    public long BatchBytes;
    public long TokenBytes;

    /// <summary>Address of the row that the group works on.</summary>
    public readonly ulong Row => Address + (ulong)(Grid.IdxY * BatchBytes + Grid.IdxX * TokenBytes);
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
