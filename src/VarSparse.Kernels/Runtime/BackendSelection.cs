using System.Collections.Immutable;

namespace VarSparse.Kernels.Runtime;

/// <summary>A backend and, if it cannot run the problem, why.</summary>
internal readonly record struct BackendCandidate(AttentionBackend Backend, string? WhyNot)
{
    internal bool IsUsable => WhyNot is null;

    public override string ToString() => IsUsable ? $"{Backend} kernel usable" : $"{Backend} kernel not used: {WhyNot}";
}

/// <summary>
/// Which attention kernels can run a problem on a device by its kind, element type and head dimension, and why not the others. A plain value.
/// </summary>
internal sealed class BackendSelection
{
    private BackendSelection(ImmutableArray<BackendCandidate> candidates) => Candidates = candidates;

    /// <summary>All backends, the preferred one first.</summary>
    internal ImmutableArray<BackendCandidate> Candidates { get; }

    /// <summary>The usable backends, the preferred one first.</summary>
    internal IEnumerable<AttentionBackend> Usable =>
        Candidates.Where(candidate => candidate.IsUsable).Select(candidate => candidate.Backend);

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
}
