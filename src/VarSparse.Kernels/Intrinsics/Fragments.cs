namespace VarSparse.Kernels.Intrinsics;

// Lane layouts of mma.m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16"). A lane is (group g = lane / 4, member t = lane % 4).
// Two 16-bit elements share a register, the one with the lower index in the lower half.

/// <summary>
/// A lane's share of a 16x16 left operand, row-major: <c>A0</c> holds row g, columns 2t and 2t+1; <c>A1</c> row g+8, the same columns;
/// <c>A2</c> row g, columns 2t+8 and 2t+9; <c>A3</c> row g+8, columns 2t+8 and 2t+9, with g = lane / 4 and t = lane % 4.
/// </summary>
/// <param name="a0">Row g, columns 2t and 2t+1.</param>
/// <param name="a1">Row g+8, columns 2t and 2t+1.</param>
/// <param name="a2">Row g, columns 2t+8 and 2t+9.</param>
/// <param name="a3">Row g+8, columns 2t+8 and 2t+9.</param>
public struct FragmentA(uint a0, uint a1, uint a2, uint a3)
{
    /// <summary>Row g, columns 2t and 2t+1.</summary>
    public uint A0 = a0;

    /// <summary>Row g+8, columns 2t and 2t+1.</summary>
    public uint A1 = a1;

    /// <summary>Row g, columns 2t+8 and 2t+9.</summary>
    public uint A2 = a2;

    /// <summary>Row g+8, columns 2t+8 and 2t+9.</summary>
    public uint A3 = a3;
}

/// <summary>
/// A lane's share of a 16x8 right operand (k by n): <c>B0</c> holds column g, rows 2t and 2t+1; <c>B1</c> column g, rows 2t+8 and
/// 2t+9, with g = lane / 4 and t = lane % 4.
/// </summary>
/// <param name="b0">Column g, rows 2t and 2t+1.</param>
/// <param name="b1">Column g, rows 2t+8 and 2t+9.</param>
public struct FragmentB(uint b0, uint b1)
{
    /// <summary>Column g, rows 2t and 2t+1.</summary>
    public uint B0 = b0;

    /// <summary>Column g, rows 2t+8 and 2t+9.</summary>
    public uint B1 = b1;
}

/// <summary>
/// A lane's share of a 16x8 float32 accumulator: the two Top fields are row g, columns 2t and 2t+1; the two Bottom fields row g+8,
/// the same columns, with g = lane / 4 and t = lane % 4. Two neighbouring tiles, packed to 16 bits, are a <see cref="FragmentA"/>:
/// the first tile's top and bottom, then the second tile's.
/// </summary>
/// <param name="top0">Row g, column 2t.</param>
/// <param name="top1">Row g, column 2t+1.</param>
/// <param name="bottom0">Row g+8, column 2t.</param>
/// <param name="bottom1">Row g+8, column 2t+1.</param>
public struct AccumulatorTile(float top0, float top1, float bottom0, float bottom1)
{
    /// <summary>Row g, column 2t.</summary>
    public float Top0 = top0;

    /// <summary>Row g, column 2t+1.</summary>
    public float Top1 = top1;

    /// <summary>Row g+8, column 2t.</summary>
    public float Bottom0 = bottom0;

    /// <summary>Row g+8, column 2t+1.</summary>
    public float Bottom1 = bottom1;
}
