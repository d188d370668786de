using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies;

/// <summary>One generation's part of a policy that attends over a fixed pattern at some scales and layers, and leaves the rest to the next.</summary>
internal sealed class PatternRun : VarHookRun
{
    private readonly PatternsOfScales _patterns;
    private readonly ScaleChoice _scales;
    private readonly Predicate<int>? _layers;
    private ScaleTokens? _tokens;
    private SparsePattern? _pattern;

    /// <summary>Makes the patterns of all chosen scales: what does not fit shall be found out before the first scale, not at the last ones.</summary>
    public PatternRun(GenerationContext generation, PatternsOfScales patterns, ScaleChoice scales, Predicate<int>? layers)
    {
        (_patterns, _scales, _layers) = (patterns, scales, layers);
        for (int scale = 0; scale < generation.Schedule.Count; scale++)
        {
            if (scales.Contains(scale, generation.Schedule.Count))
                patterns.Of(generation.Schedule, scale);
        }
    }

    public override Tensor Attend(AttentionContext attention, AttentionStep next)
    {
        if (!_scales.Contains(attention.Scale, attention.Schedule.Count) || _layers?.Invoke(attention.Layer) == false)
            return next(attention);
        if (!ReferenceEquals(_tokens, attention.Tokens))
        {
            _tokens = attention.Tokens;
            _pattern = PatternOf(_tokens);
            attention.Note(_pattern.ToString());
        }

        return attention.Apply(_pattern!);
    }

    private SparsePattern PatternOf(ScaleTokens tokens)
    {
        SparsePattern all = _patterns.Of(tokens.Schedule, tokens.Scale);
        SparsePattern there = all.Restrict(tokens.QueryArray, tokens.KeyArray);
        return tokens.KeyBiasArray is { } bias ? there.WithKeyBias(bias) : there;
    }
}
