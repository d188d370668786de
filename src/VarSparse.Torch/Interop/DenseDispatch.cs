using VarSparse.Kernels;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Torch.Interop;

/// <summary>
/// When torch's own attention computes a call on a CUDA device: where it computes the same and faster. Members say why not, in words that
/// follow "torch not used: ", or null.
/// </summary>
internal static class DenseDispatch
{
    private static readonly ComputeCapability s_ampere = new(8, 0);

    /// <summary>Why the call is not plain dense attention.</summary>
    public static string? WhyNotDense(SparsePattern pattern, bool withLogSumExp) =>
        !pattern.SeesAll ? "not every query sees every key"
        : !pattern.KeyBias.IsEmpty ? "keys have a bias"
        : withLogSumExp ? "it gives no log-sum-exp"
        : null;

    /// <summary>Why dense attention stays with a kernel of ours.</summary>
    /// <param name="ours">The best that runs it.</param>
    /// <param name="element">Of q, k and v.</param>
    /// <param name="capability">The device's.</param>
    public static string? WhyNotFaster(AttentionBackend ours, AttentionElement element, ComputeCapability capability)
    {
        // Within 3 % of cuDNN's kernel, which torch takes there, and whose plan for a new shape takes about 70 ms.
        if (ours == AttentionBackend.Hopper)
            return "its plan for each new shape costs more than it gains";

        // Torch's fused kernels take bfloat16 from Ampere on; before, it holds the whole matrix of scores.
        return element == AttentionElement.BFloat16 && capability < s_ampere
            ? $"it has no fused kernel for {element} at compute capability {capability}"
            : null;
    }

    /// <summary>One line: what computes the call, and for all that is thought better why it does not.</summary>
    /// <param name="ours">Which kernel of ours would.</param>
    /// <param name="whyNotDense">What <see cref="WhyNotDense"/> says.</param>
    /// <param name="element">Of q, k and v.</param>
    /// <param name="capability">The device's.</param>
    public static string Explain(KernelExplanation ours, string? whyNotDense, AttentionElement element, ComputeCapability capability)
    {
        // Where no kernel of ours runs the call, it fails with the reasons.
        if (ours.Used is not { } backend)
            return ours.ToString();
        return (whyNotDense ?? WhyNotFaster(backend, element, capability)) is { } whyNot
            ? $"{ours}; torch not used: {whyNot}"
            : string.Join("; ", ["torch used: every query sees every key", $"{backend} kernel not used: torch is faster", .. ours.NotUsed]);
    }
}
