using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Attention over a pattern of your own at the last scales, dense attention before them. Several of these with different scales, layers and
/// heads can be used together: each computes what it is set for and leaves the rest to the next.
/// </summary>
/// <remarks>
/// The pattern of a scale is made once and serves all layers and all generations of the same schedule. Where tokens were left out, it is
/// restricted to what is there, once for all layers of the scale.
/// </remarks>
public sealed class PatternAttention : IVarHook
{
    private readonly PatternsOfScales _patterns;

    /// <summary>Creates the policy.</summary>
    /// <param name="pattern">
    /// Makes the pattern of a query scale (0-based): all its queries, and as keys all tokens through the scale,
    /// [Lq = tokens of the scale, Lk = tokens through the scale], with lists for all heads or one for each head of the layer. It is called
    /// when a generation begins, and may be by several at once.
    /// </param>
    public PatternAttention(Func<ScaleSchedule, int, SparsePattern> pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        _patterns = new PatternsOfScales((schedule, scale) => Checked(pattern(schedule, scale), schedule, scale));
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "pattern";

    /// <summary>The query scales; the last three by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(3);

    /// <summary>Which layers, by 0-based index; null for all.</summary>
    public Predicate<int>? Layers { get; init; }

    /// <summary>Which heads of these layers, by 0-based layer and head; null for all. The others are left to the next.</summary>
    public HeadChoice? Heads { get; init; }

    /// <inheritdoc/>
    public VarHookRun Begin(GenerationContext generation) => new PatternRun(generation, _patterns, Scales, Layers, Heads);

    private static SparsePattern Checked(SparsePattern? pattern, ScaleSchedule schedule, int scale)
    {
        (int queries, int keys) = (schedule[scale].TokenCount, schedule.TokensThrough(scale));
        if (pattern is null || pattern.QueryCount != queries || pattern.KeyCount != keys)
        {
            string got = pattern is null ? "null" : $"{pattern.QueryCount} queries x {pattern.KeyCount} keys";
            throw new ArgumentException($"pattern: got {got} for scale {scale}, expected {queries} queries x {keys} keys.", nameof(pattern));
        }

        return pattern;
    }
}
