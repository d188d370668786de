using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>A lane's share of a 16 x 16 accumulator: columns 0 to 7 and 8 to 15.</summary>
internal struct AccumulatorPair(AccumulatorTile left, AccumulatorTile right)
{
    public AccumulatorTile Left = left;
    public AccumulatorTile Right = right;

    /// <summary>Adds a product of two 16 x 16 matrices; the right one as a matrix load delivers it.</summary>
    public static AccumulatorPair MultiplyAdd<TElement>(AccumulatorPair sum, FragmentA a, MatrixQuad b)
        where TElement : unmanaged, IMatrixElement => new(
        TensorCore.MultiplyAdd<TElement>(sum.Left, a, new FragmentB(b.M0, b.M1)),
        TensorCore.MultiplyAdd<TElement>(sum.Right, a, new FragmentB(b.M2, b.M3)));

    /// <summary>Multiplies the rows by a factor each.</summary>
    public static AccumulatorPair Scale(AccumulatorPair pair, RowPair factors) => new(Scale(pair.Left, factors), Scale(pair.Right, factors));

    /// <summary>Rounded to 16 bits it has the layout of a left operand.</summary>
    public static FragmentA ToOperand<TElement>(AccumulatorPair values)
        where TElement : unmanaged, IMatrixElement => new(
        FastMath.Pack<TElement>(values.Left.Top0, values.Left.Top1),
        FastMath.Pack<TElement>(values.Left.Bottom0, values.Left.Bottom1),
        FastMath.Pack<TElement>(values.Right.Top0, values.Right.Top1),
        FastMath.Pack<TElement>(values.Right.Bottom0, values.Right.Bottom1));

    private static AccumulatorTile Scale(AccumulatorTile tile, RowPair factors) =>
        new(tile.Top0 * factors.Top, tile.Top1 * factors.Top, tile.Bottom0 * factors.Bottom, tile.Bottom1 * factors.Bottom);
}
