using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies;

/// <summary>One generation's part of a policy that attends over a fixed pattern at some scales, layers and heads, and leaves the rest to the next.</summary>
internal sealed class PatternRun : VarHookRun
{
    private readonly PatternsOfScales _patterns;
    private readonly ScaleChoice _scales;
    private readonly Predicate<int>? _layers;
    private readonly HeadChoice? _heads;

    /// <summary>The pattern of the scale at hand for heads side by side, where heads have lists of their own.</summary>
    private readonly Dictionary<(int First, int Count), SparsePattern> _patternOfHeads = [];
    private ScaleTokens? _tokens;
    private SparsePattern? _pattern;

    /// <summary>Makes the patterns of all chosen scales: what does not fit shall be found out before the first scale, not at the last ones.</summary>
    public PatternRun(GenerationContext generation, PatternsOfScales patterns, ScaleChoice scales, Predicate<int>? layers, HeadChoice? heads)
    {
        (_patterns, _scales, _layers, _heads) = (patterns, scales, layers, heads);
        for (int scale = 0; scale < generation.Schedule.Count; scale++)
        {
            if (scales.Contains(scale, generation.Schedule.Count))
                CheckHeads(patterns.Of(generation.Schedule, scale), scale, generation.Heads);
        }
    }

    public override Tensor Attend(AttentionContext attention, AttentionStep next)
    {
        if (!_scales.Contains(attention.Scale, attention.Schedule.Count) || _layers?.Invoke(attention.Layer) == false)
            return next(attention);
        return attention.SplitByHead(_heads, Attend, next);
    }

    private Tensor Attend(AttentionContext attention)
    {
        if (!ReferenceEquals(_tokens, attention.Tokens))
        {
            _tokens = attention.Tokens;
            _pattern = PatternOf(_tokens);
            _patternOfHeads.Clear();
            attention.Note(_pattern.ToString());
        }

        return attention.Apply(OfHeads(_pattern!, attention.FirstHead, (int)attention.Query.size(1)));
    }

    /// <summary>Kept for all layers: a pattern is copied to a GPU once.</summary>
    private SparsePattern OfHeads(SparsePattern pattern, int first, int count)
    {
        if (pattern.HeadCount is 1 || pattern.HeadCount == count)
            return pattern;
        if (!_patternOfHeads.TryGetValue((first, count), out SparsePattern? ofHeads))
            _patternOfHeads[(first, count)] = ofHeads = pattern.OfHeads(first, count);
        return ofHeads;
    }

    private static void CheckHeads(SparsePattern pattern, int scale, int heads)
    {
        if (pattern.HeadCount != 1 && pattern.HeadCount != heads)
            throw new ArgumentException($"pattern: got lists for {pattern.HeadCount} heads at scale {scale}, expected {heads}, or 1 for all.", nameof(pattern));
    }

    private SparsePattern PatternOf(ScaleTokens tokens)
    {
        SparsePattern all = _patterns.Of(tokens.Schedule, tokens.Scale);
        SparsePattern there = all.Restrict(tokens.QueryArray, tokens.KeyArray);
        return tokens.KeyBiasArray is { } bias ? there.WithKeyBias(bias) : there;
    }
}
