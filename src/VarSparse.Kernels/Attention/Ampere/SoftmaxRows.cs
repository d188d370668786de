using ILGPU;
using ILGPU.Algorithms;
using VarSparse.Attention;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Running softmax of a lane's two rows of a tile: weights are exp2(scale (score - reference)). The sums are over the lane's own keys
/// until <see cref="Totals"/> adds up the four lanes of a row.
/// </summary>
/// <remarks>
/// The reference need not be the maximum, only near it: weights up to 2^8 lose nothing in 16 or 32 bits. So it moves, and all that was
/// summed is scaled, only when the maximum has grown by more than that: at a row's first block and seldom after.
/// </remarks>
internal struct SoftmaxRows
{
    /// <summary>How far scores may exceed the reference, in units of log2.</summary>
    private const float Slack = 8;

    public RowPair Reference;
    public RowPair Sum;

    public static SoftmaxRows Empty => new() { Reference = new(float.NegativeInfinity, float.NegativeInfinity) };

    /// <summary>The largest scores of the rows, over the lane's own keys.</summary>
    public static RowPair Maxima(BlockScores scores) => new(BlockScores.TopMaximum(scores), BlockScores.BottomMaximum(scores));

    /// <summary>The largest of the four lanes that hold a row.</summary>
    public static RowPair OfWholeRows(RowPair maxima) => new(RowMaximum(maxima.Top), RowMaximum(maxima.Bottom));

    /// <summary>Whether a reference is too far below a score to stay.</summary>
    public static bool IsOutgrown(SoftmaxRows rows, RowPair maxima, float scale) =>
        (maxima.Top - rows.Reference.Top) * scale > Slack || (maxima.Bottom - rows.Reference.Bottom) * scale > Slack;

    /// <summary>What sums so far are multiplied by where references become the maxima.</summary>
    public static RowPair Factors(SoftmaxRows rows, RowPair maxima, float scale) => new(
        Factor(rows.Reference.Top, maxima.Top, scale), Factor(rows.Reference.Bottom, maxima.Bottom, scale));

    /// <summary>The same rows relative to their maxima so far.</summary>
    public static SoftmaxRows Rescale(SoftmaxRows rows, RowPair maxima, RowPair factors) =>
        new() { Reference = RowPair.Max(rows.Reference, maxima), Sum = RowPair.Product(rows.Sum, factors) };

    /// <summary>What turns scores into weights.</summary>
    public static Exponential Weights(SoftmaxRows rows, float scale) =>
        new(scale, Offset(rows.Reference.Top, scale), Offset(rows.Reference.Bottom, scale));

    /// <summary>The rows with a block's weights added to the sums.</summary>
    public static SoftmaxRows Add(SoftmaxRows rows, BlockScores weights)
    {
        rows.Sum = RowPair.Sum(rows.Sum, new(BlockScores.TopSum(weights), BlockScores.BottomSum(weights)));
        return rows;
    }

    /// <summary>The sums of whole rows.</summary>
    public static RowPair Totals(SoftmaxRows rows) => new(RowTotal(rows.Sum.Top), RowTotal(rows.Sum.Bottom));

    /// <summary>1 / sum of whole rows, or 0 for a row that has seen nothing. No number stays no number.</summary>
    public static RowPair Inverse(RowPair totals) => new(Inverse(totals.Top), Inverse(totals.Bottom));

    /// <summary>Natural log-sum-exp of a whole row.</summary>
    public static float LogSumExp(float total, float reference, float scale) =>
        total == 0 ? float.NegativeInfinity : PowersOfTwo.NaturalLogOf2 * (reference * scale + FastMath.Log2(total));

    private static float Factor(float reference, float maximum, float scale)
    {
        maximum = XMath.Max(reference, maximum);
        return maximum == float.NegativeInfinity ? 1 : FastMath.Exp2((reference - maximum) * scale);
    }

    /// <summary>What to add to scale times score; a row that has seen nothing keeps its scores of minus infinity.</summary>
    private static float Offset(float reference, float scale) => reference == float.NegativeInfinity ? 0 : -reference * scale;

    private static float Inverse(float total) => total == 0 ? 0 : 1 / total;

    private static float RowMaximum(float value)
    {
        value = XMath.Max(value, Warp.ShuffleXor(value, 1));
        return XMath.Max(value, Warp.ShuffleXor(value, 2));
    }

    /// <summary>The sum over the four lanes that hold a row.</summary>
    private static float RowTotal(float value)
    {
        value += Warp.ShuffleXor(value, 1);
        return value + Warp.ShuffleXor(value, 2);
    }
}

/// <summary>Turns scores into weights.</summary>
internal readonly struct Exponential(float scale, float topOffset, float bottomOffset) : ITileChange
{
    private readonly float _scale = scale;
    private readonly float _topOffset = topOffset;
    private readonly float _bottomOffset = bottomOffset;

    public AccumulatorTile Apply(AccumulatorTile tile, int index) => new(
        FastMath.Exp2(FastMath.Fma(tile.Top0, _scale, _topOffset)),
        FastMath.Exp2(FastMath.Fma(tile.Top1, _scale, _topOffset)),
        FastMath.Exp2(FastMath.Fma(tile.Bottom0, _scale, _bottomOffset)),
        FastMath.Exp2(FastMath.Fma(tile.Bottom1, _scale, _bottomOffset)));
}
