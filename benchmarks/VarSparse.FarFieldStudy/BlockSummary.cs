using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>The summaries of a level's blocks for some heads' queries, from the logits of all tokens.</summary>
/// <param name="level">The blocks.</param>
/// <param name="logits">Logits of the scale's tokens, [R, Lq, T].</param>
/// <param name="means">Logits of the mean keys, which are the blocks' mean logits, [R, Lq, blocks].</param>
internal sealed class BlockSummary(BlockLevel level, Tensor logits, Tensor means)
{
    /// <returns>A fresh tensor [R, Lq, blocks].</returns>
    public Tensor Logits(SummaryBias bias)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor first = means + level.Counts.log();
        Tensor all = bias switch
        {
            SummaryBias.First => first,
            SummaryBias.Second => first + Variance() / 2,
            SummaryBias.TwoPoint => first + LogCosh(Variance().sqrt()),
            _ => first + LogMeanExp(Deviations()),
        };
        return all.MoveToOuterDisposeScope();
    }

    /// <summary>How much of each token's value is to be added to the mean values, given the weights of the summaries.</summary>
    /// <param name="weights">[R, Lq, blocks].</param>
    /// <param name="values">Which correction.</param>
    /// <returns>[R, Lq, T].</returns>
    public Tensor ValueWeights(Tensor weights, SummaryValues values)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor deviations = Deviations();
        Tensor relative = values == SummaryValues.Covariance
            ? deviations
            : deviations.sub(level.Spread(LogMeanExp(deviations))).exp_().sub_(1);
        return level.Spread(weights / level.Counts).mul_(relative).MoveToOuterDisposeScope();
    }

    /// <summary>Each logit less the mean of its block.</summary>
    private Tensor Deviations() => logits - level.Spread(means);

    private Tensor Variance() => level.Mean(Deviations().pow_(2));

    /// <summary>Without the overflow of cosh.</summary>
    private static Tensor LogCosh(Tensor x) => x + nn.functional.softplus(-2 * x) - Math.Log(2);

    private Tensor LogMeanExp(Tensor deviations)
    {
        Tensor most = level.Max(deviations);
        return level.Mean((deviations - level.Spread(most)).exp_()).log_().add_(most);
    }
}
