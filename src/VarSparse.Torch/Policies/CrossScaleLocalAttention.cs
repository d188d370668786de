using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Cross-scale local sparse attention at the last scales, dense attention before them (SparVAR, arXiv 2602.04361). Several of these with
/// different scales, layers, heads and windows can be used together: each computes what it is set for and leaves the rest to the next.
/// </summary>
/// <remarks>
/// The pattern of a scale is built once and serves all layers and all generations of the same schedule. Where tokens were left out, it is
/// restricted to what is there, once for all layers of the scale.
/// </remarks>
public sealed class CrossScaleLocalAttention : IVarHook
{
    private readonly PatternsOfScales _patterns;

    /// <summary>Creates the policy.</summary>
    /// <param name="options">Windows, sinks, tile and masking, or null for the paper's.</param>
    public CrossScaleLocalAttention(CrossScaleLocalOptions? options = null) =>
        _patterns = new PatternsOfScales((schedule, scale) => CrossScaleLocal.Create(schedule, scale, options));

    /// <inheritdoc/>
    public string Name { get; init; } = "csla";

    /// <summary>The query scales; the last three by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(3);

    /// <summary>Which layers, by 0-based index; null for all.</summary>
    public Predicate<int>? Layers { get; init; }

    /// <summary>Which heads of these layers, by 0-based layer and head; null for all. The others are left to the next.</summary>
    public HeadChoice? Heads { get; init; }

    /// <inheritdoc/>
    public VarHookRun Begin(GenerationContext generation) => new PatternRun(generation, _patterns, Scales, Layers, Heads);
}
