using VarSparse.Geometry;

namespace VarSparse.Torch.Hooks.Reports;

/// <summary>What was computed at one scale.</summary>
/// <param name="Scale">0-based index of the scale.</param>
/// <param name="Grid">The token grid.</param>
/// <param name="Tokens">The tokens that were computed, ascending, counted from the scale's first token; null for all of them.</param>
/// <param name="Guided">True if the unconditional branch ran.</param>
/// <param name="Attention">The attention calls by kind.</param>
/// <param name="DensePairs">Query-key pairs that the dense model would have computed in the same calls: all tokens, both branches of a guided generation.</param>
public sealed record ScaleReport(int Scale, GridSize Grid, IReadOnlyList<int>? Tokens, bool Guided, IReadOnlyList<AttentionCount> Attention, double DensePairs)
{
    /// <summary>
    /// How often a hook waited for the device, to read there what it decides by (see <see cref="ScaleContext.CountHostRead"/>). A read before
    /// a scale counts at that scale. On the CPU nothing waits and nothing counts.
    /// </summary>
    public int HostReads { get; init; }

    /// <summary>Number of tokens that were computed.</summary>
    public int TokensComputed => Tokens?.Count ?? Grid.TokenCount;

    /// <summary>One line.</summary>
    public override string ToString()
    {
        IEnumerable<string> attention = Attention.Select(count => FormattableString.Invariant($"{count.Kind} x{count.Calls} at density {count.Density:0.0000}"));
        string calls = Attention.Count == 0 ? "no attention" : string.Join(", ", attention);
        return $"scale {Scale} ({Grid}): {TokensComputed} of {Grid.TokenCount} tokens, {(Guided ? "guided" : "not guided")}, {calls}";
    }
}
