using ILGPU.Algorithms;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A number for each of the two rows that a lane has of a tile of 16: lane / 4, and 8 below.</summary>
internal struct RowPair(float top, float bottom)
{
    public float Top = top;
    public float Bottom = bottom;

    public static RowPair Max(RowPair left, RowPair right) => new(XMath.Max(left.Top, right.Top), XMath.Max(left.Bottom, right.Bottom));

    public static RowPair Product(RowPair left, RowPair right) => new(left.Top * right.Top, left.Bottom * right.Bottom);

    public static RowPair Sum(RowPair left, RowPair right) => new(left.Top + right.Top, left.Bottom + right.Bottom);
}
