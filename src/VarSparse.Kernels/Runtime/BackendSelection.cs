using System.Collections.Immutable;

namespace VarSparse.Kernels.Runtime;

/// <summary>A backend and, if it cannot run the problem, why.</summary>
internal readonly record struct BackendCandidate(AttentionBackend Backend, string? WhyNot)
{
    internal bool IsUsable => WhyNot is null;

    public override string ToString() => IsUsable ? $"{Backend} kernel usable" : $"{Backend} kernel not used: {WhyNot}";
}

/// <summary>
/// Which attention kernel runs a problem on a device, and why not the ones that would be preferred. A plain value: made once
/// per plan, printable.
/// </summary>
internal sealed class BackendSelection
{
    private BackendSelection(ImmutableArray<BackendCandidate> candidates) => Candidates = candidates;

    /// <summary>All backends, the preferred one first.</summary>
    internal ImmutableArray<BackendCandidate> Candidates { get; }

    /// <summary>The usable backends, the preferred one first.</summary>
    internal IEnumerable<AttentionBackend> Usable =>
        Candidates.Where(candidate => candidate.IsUsable).Select(candidate => candidate.Backend);

    /// <exception cref="NotSupportedException">No kernel can run the problem; the message has every reason.</exception>
    internal AttentionBackend Preferred => Candidates.Any(candidate => candidate.IsUsable)
        ? Usable.First()
        : throw new NotSupportedException(ToString());

    internal static BackendSelection For(CudaDeviceProperties device, AttentionElement element, int headDimension) => For(
        device.ComputeCapability, Math.Max(device.SharedMemoryPerBlock, device.SharedMemoryPerBlockOptIn), element, headDimension);

    /// <param name="capability">Of the device.</param>
    /// <param name="sharedMemoryPerBlock">The most one block can ask for, in bytes.</param>
    /// <param name="element">Of queries, keys and values.</param>
    /// <param name="headDimension">Elements per head.</param>
    internal static BackendSelection For(
        ComputeCapability capability, int sharedMemoryPerBlock, AttentionElement element, int headDimension) => new(
        [.. BackendLimits.All.Select(limits => new BackendCandidate(
            limits.Backend, limits.WhyNot(capability, sharedMemoryPerBlock, element, headDimension)))]);

    /// <summary>The backend a caller insists on.</summary>
    /// <exception cref="NotSupportedException">It cannot run the problem; the message says why.</exception>
    internal AttentionBackend Require(AttentionBackend backend)
    {
        BackendCandidate candidate = Candidates.Single(candidate => candidate.Backend == backend);
        return candidate.IsUsable ? backend : throw new NotSupportedException(candidate.ToString());
    }

    /// <summary>One line: what runs, and for each better backend why it does not.</summary>
    public override string ToString()
    {
        int chosen = Candidates.TakeWhile(candidate => !candidate.IsUsable).Count();
        IEnumerable<string> reasons = Candidates.Take(chosen).Select(candidate => candidate.ToString());
        string outcome = chosen < Candidates.Length ? $"{Candidates[chosen].Backend} kernel used" : "no attention kernel can run this";
        return string.Join("; ", reasons.Prepend(outcome));
    }
}
