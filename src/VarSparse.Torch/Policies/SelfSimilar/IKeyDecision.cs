using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>The keys that a layer picked at its decision scale. Its text says what it used last.</summary>
internal interface IKeyDecision : IDisposable
{
    /// <summary>Attention at the decision scale over the picked keys alone, counted under the hook's name.</summary>
    Tensor AttendPicked(AttentionContext attention);

    /// <summary>Attention at a later scale over the picked keys mapped to it, counted under the hook's name.</summary>
    Tensor Attend(AttentionContext attention);
}
