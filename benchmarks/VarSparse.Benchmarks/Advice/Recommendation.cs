namespace VarSparse.Benchmarks.Advice;

/// <summary>What to compute at each scale.</summary>
/// <param name="Candidate">Index of the sparse candidate, the same for all scales that have one; null where none is worth it.</param>
/// <param name="Scales">In the order of the measurements.</param>
internal sealed record Recommendation(int? Candidate, IReadOnlyList<ScaleDecision> Scales)
{
    /// <summary>What a sparse candidate must save to be preferred, and what a candidate must save over an earlier one: less is noise.</summary>
    public const double Margin = 0.05;

    /// <summary>Of the attention of these scales together, over torch's dense.</summary>
    public double SpeedUp => Scales.Sum(scale => scale.Times.TorchDense) / Scales.Sum(scale => scale.Milliseconds);

    /// <summary>
    /// Takes the candidate with the shortest total, each scale dense where that is faster; of candidates within the margin, the first.
    /// </summary>
    public static Recommendation From(IReadOnlyList<ScaleTimes> scales)
    {
        int count = scales.Min(scale => scale.Candidates.Count);
        double[] totals = [.. Enumerable.Range(0, count).Select(candidate => scales.Sum(scale => Decide(scale, candidate).Milliseconds))];
        bool worthIt = Enumerable.Range(0, count).Any(candidate => scales.Any(scale => IsWorthIt(scale, candidate)));
        if (!worthIt)
            return new Recommendation(null, [.. scales.Select(scale => new ScaleDecision(scale, null))]);
        double limit = totals.Min() * (1 + Margin);
        int chosen = Enumerable.Range(0, count).First(candidate => totals[candidate] <= limit && scales.Any(scale => IsWorthIt(scale, candidate)));
        return new Recommendation(chosen, [.. scales.Select(scale => Decide(scale, chosen))]);
    }

    private static ScaleDecision Decide(ScaleTimes scale, int candidate) => new(scale, IsWorthIt(scale, candidate) ? candidate : null);

    private static bool IsWorthIt(ScaleTimes scale, int candidate) => scale.Candidates[candidate] < (1 - Margin) * scale.FastestDense;
}

/// <summary>One scale of a recommendation.</summary>
/// <param name="Times">What was measured.</param>
/// <param name="Candidate">The sparse candidate, or null for dense.</param>
internal sealed record ScaleDecision(ScaleTimes Times, int? Candidate)
{
    public double Milliseconds => Candidate is { } candidate ? Times.Candidates[candidate] : Times.FastestDense;

    public double SpeedUp => Times.TorchDense / Milliseconds;
}
