using ILGPU;
using ILGPU.Algorithms;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Running softmax of a lane's two rows: weights are exp2(scale (score - reference)). The sums are over the lane's own keys until
/// <see cref="RowTotal"/> adds up the four lanes of a row.
/// </summary>
/// <remarks>
/// The reference need not be the maximum, only near it: weights up to 2^8 lose nothing in 16 or 32 bits. So it moves, and all that was
/// summed is scaled, only when the maximum has grown by more than that: at a row's first block and seldom after.
/// </remarks>
internal struct SoftmaxRows
{
    /// <summary>How far scores may exceed the reference, in units of log2.</summary>
    public const float Slack = 8;

    private const float Ln2 = 0.693147181f;

    public float TopReference;
    public float BottomReference;
    public float TopSum;
    public float BottomSum;

    public static SoftmaxRows Empty => new() { TopReference = float.NegativeInfinity, BottomReference = float.NegativeInfinity };

    /// <summary>Whether a reference is too far below a score to stay.</summary>
    public static bool IsOutgrown(float reference, float maximum, float scale) => (maximum - reference) * scale > Slack;

    /// <summary>What sums over scores with the old reference are multiplied by.</summary>
    public static float Factor(float reference, float maximum, float scale) =>
        maximum == float.NegativeInfinity ? 1 : FastMath.Exp2((reference - maximum) * scale);

    /// <summary>What to add to scale times score; a row that has seen nothing keeps its scores of minus infinity.</summary>
    public static float Offset(float reference, float scale) => reference == float.NegativeInfinity ? 0 : -reference * scale;

    /// <summary>1 / sum of a whole row, or 0 for a row that has seen nothing. No number stays no number.</summary>
    public static float Inverse(float total) => total == 0 ? 0 : 1 / total;

    /// <summary>Natural log-sum-exp of a whole row.</summary>
    public static float LogSumExp(float total, float reference, float scale) =>
        total == 0 ? float.NegativeInfinity : Ln2 * (reference * scale + FastMath.Log2(total));

    /// <summary>The largest of the four lanes that hold a row.</summary>
    public static float RowMaximum(float value)
    {
        value = XMath.Max(value, Warp.ShuffleXor(value, 1));
        return XMath.Max(value, Warp.ShuffleXor(value, 2));
    }

    /// <summary>The sum over the four lanes that hold a row.</summary>
    public static float RowTotal(float value)
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
