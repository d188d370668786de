using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>Which kernel runs a problem, and why not the better ones.</summary>
/// <param name="Used">The kernel, or null where none can.</param>
/// <param name="NotUsed">A clause for each better kernel.</param>
internal sealed record KernelExplanation(AttentionBackend? Used, IReadOnlyList<string> NotUsed)
{
    /// <summary>One line.</summary>
    public override string ToString() =>
        string.Join("; ", NotUsed.Prepend(Used is { } backend ? $"{backend} kernel used" : "no kernel can run this"));
}
