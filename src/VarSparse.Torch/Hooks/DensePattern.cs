using VarSparse.Patterns;

namespace VarSparse.Torch.Hooks;

/// <summary>The pattern in which every query of a scale sees every key: one object for all layers of the scale, as a pattern is copied to a GPU once.</summary>
internal sealed class DensePattern
{
    private ScaleTokens? _tokens;
    private SparsePattern? _pattern;

    public SparsePattern Of(ScaleTokens tokens)
    {
        if (ReferenceEquals(_tokens, tokens))
            return _pattern!;
        SparsePattern all = SparsePattern.Dense(tokens.QueryCount, tokens.KeyCount);
        _pattern = tokens.KeyBiasArray is { } bias ? all.WithKeyBias(bias) : all;
        _tokens = tokens;
        return _pattern;
    }
}
