namespace VarSparse.Kernels.Intrinsics;

// Lane layouts of wgmma.m64nNk16 (PTX ISA, "Register Fragments and Shared Memory Matrix Layouts"). Warp w of the warp group's four
// holds rows 16w to 16w+15; within them a lane holds what it holds of 16x8 accumulator tiles and 16x16 left operands of mma.m16n8k16.

/// <summary>
/// A thread's share of a 64x64 float32 accumulator of a warp group: tile Tj covers rows 16w to 16w+15 of warp w = thread / 32 mod 4,
/// columns 8j to 8j+7, laid out as <see cref="AccumulatorTile"/>.
/// </summary>
public struct Accumulator64x64
{
    /// <summary>Columns 0 to 7.</summary>
    public AccumulatorTile T0;

    /// <summary>Columns 8 to 15.</summary>
    public AccumulatorTile T1;

    /// <summary>Columns 16 to 23.</summary>
    public AccumulatorTile T2;

    /// <summary>Columns 24 to 31.</summary>
    public AccumulatorTile T3;

    /// <summary>Columns 32 to 39.</summary>
    public AccumulatorTile T4;

    /// <summary>Columns 40 to 47.</summary>
    public AccumulatorTile T5;

    /// <summary>Columns 48 to 55.</summary>
    public AccumulatorTile T6;

    /// <summary>Columns 56 to 63.</summary>
    public AccumulatorTile T7;
}

/// <summary>A thread's share of a 64x128 float32 accumulator of a warp group, laid out as <see cref="Accumulator64x64"/>.</summary>
public struct Accumulator64x128
{
    /// <summary>Columns 0 to 63.</summary>
    public Accumulator64x64 Left;

    /// <summary>Columns 64 to 127.</summary>
    public Accumulator64x64 Right;
}

/// <summary>
/// A thread's share of a 64x64 left operand of a warp group in registers: fragment Ki covers rows 16w to 16w+15 of warp w, columns
/// 16i to 16i+15. Accumulator tiles 2i and 2i+1, packed to 16 bits, are fragment Ki.
/// </summary>
public struct LeftOperand64x64
{
    /// <summary>Columns 0 to 15.</summary>
    public FragmentA K0;

    /// <summary>Columns 16 to 31.</summary>
    public FragmentA K1;

    /// <summary>Columns 32 to 47.</summary>
    public FragmentA K2;

    /// <summary>Columns 48 to 63.</summary>
    public FragmentA K3;
}

/// <summary>A thread's share of a 64x128 left operand of a warp group in registers, laid out as <see cref="LeftOperand64x64"/>.</summary>
public struct LeftOperand64x128
{
    /// <summary>Columns 0 to 63.</summary>
    public LeftOperand64x64 Left;

    /// <summary>Columns 64 to 127.</summary>
    public LeftOperand64x64 Right;
}
