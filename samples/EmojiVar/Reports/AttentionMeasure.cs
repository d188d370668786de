using VarSparse.Torch.Diagnostics;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>One of the numbers that are measured of each head.</summary>
internal sealed record AttentionMeasure(string Name, Func<AttentionMeasurement, double?> Of)
{
    public static IReadOnlyList<AttentionMeasure> All { get; } =
    [
        new("sinks", found => found.SinkMass),
        new("within radius 3", found => found.LocalMass),
        new("local windows (csla)", found => found.PatternRecall),
        new("picked keys (cs4a)", found => found.PickedRecall),
        new("self-similarity", found => found.SelfSimilarity),
    ];
}
