using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Heads of a layer that are attended in one call.</summary>
internal readonly record struct HeadGroup(int Layer, int FirstHead, int Heads)
{
    public static HeadGroup Of(AttentionContext attention) => new(attention.Layer, attention.FirstHead, (int)attention.Query.size(1));
}
