namespace VarSparse.Torch.Diagnostics;

/// <summary>What <see cref="AttentionDiagnostics"/> found out about one head of one layer at one scale: means over queries and batch entries.</summary>
/// <param name="Scale">0-based scale.</param>
/// <param name="Layer">0-based layer.</param>
/// <param name="Head">0-based head.</param>
/// <param name="SinkMass">Share of the attention that lies on the sinks, 0 to 1.</param>
/// <param name="LocalMass">Share that lies within the radius of each query's proportional place, on all source scales, 0 to 1.</param>
/// <param name="PatternRecall">Share that the pattern keeps in sight, 0 to 1.</param>
/// <param name="PickedRecall">Share on the keys picked at the first measured scale and mapped to this one, 0 to 1; null at that scale.</param>
/// <param name="SelfSimilarity">
/// Correlation, -1 to 1, of the attention that keys get at the first measured scale with what the keys they map to get at this one, mean
/// over tiles; null at the first measured scale, NaN where one of them does not vary.
/// </param>
public sealed record AttentionMeasurement(
    int Scale, int Layer, int Head, double SinkMass, double LocalMass, double PatternRecall, double? PickedRecall, double? SelfSimilarity);
