using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>Running softmax of a warp's slots, 16 a field; of 16 slots only the upper ones count.</summary>
internal struct WarpSoftmax
{
    public SoftmaxRows Upper;
    public SoftmaxRows Lower;

    public static WarpSoftmax Empty => new() { Upper = SoftmaxRows.Empty, Lower = SoftmaxRows.Empty };

    /// <summary>Moves references that a block's scores have outgrown, and scales what was summed relative to them.</summary>
    public static WarpSoftmax Follow<TColumns>(WarpSoftmax softmax, WarpScores scores, float scale, bool hasLower, ref TColumns output)
        where TColumns : unmanaged, IHeadColumns<TColumns>
    {
        // A row's reference is outgrown where any of its lanes says so: maxima of whole rows are needed only then.
        RowPair upper = SoftmaxRows.Maxima(scores.Upper), lower = hasLower ? SoftmaxRows.Maxima(scores.Lower) : default;
        if (WarpVote.Any(
            SoftmaxRows.IsOutgrown(softmax.Upper, upper, scale) || (hasLower && SoftmaxRows.IsOutgrown(softmax.Lower, lower, scale))))
        {
            upper = SoftmaxRows.OfWholeRows(upper);
            RowPair upperFactors = SoftmaxRows.Factors(softmax.Upper, upper, scale), lowerFactors = default;
            softmax.Upper = SoftmaxRows.Rescale(softmax.Upper, upper, upperFactors);
            if (hasLower)
            {
                lower = SoftmaxRows.OfWholeRows(lower);
                lowerFactors = SoftmaxRows.Factors(softmax.Lower, lower, scale);
                softmax.Lower = SoftmaxRows.Rescale(softmax.Lower, lower, lowerFactors);
            }

            output = TColumns.Scale(output, upperFactors, lowerFactors);
        }

        return softmax;
    }

    /// <summary>Turns scores into weights.</summary>
    public static WarpScores Weights(WarpSoftmax softmax, WarpScores scores, float scale, bool hasLower) => WarpScores.Map(
        scores, SoftmaxRows.Weights(softmax.Upper, scale), SoftmaxRows.Weights(softmax.Lower, scale), hasLower);

    /// <summary>The softmax with a block's weights added to the sums.</summary>
    public static WarpSoftmax Add(WarpSoftmax softmax, WarpScores weights, bool hasLower)
    {
        softmax.Upper = SoftmaxRows.Add(softmax.Upper, weights.Upper);
        if (hasLower)
            softmax.Lower = SoftmaxRows.Add(softmax.Lower, weights.Lower);
        return softmax;
    }
}
