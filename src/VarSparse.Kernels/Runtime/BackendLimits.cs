using System.Collections.Immutable;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// What a backend can run. A member says why not, in words that follow "Hopper kernel not used: ", or null when it can.
/// Shared memory is that of the smallest tiling: query tile and key and value stages of 16-bit elements.
/// </summary>
internal abstract record BackendLimits(AttentionBackend Backend)
{
    private const int BytesPerElement = 2;

    internal static ImmutableArray<BackendLimits> All { get; } = [new Hopper(), new Ampere(), new Portable()];

    internal string? WhyNot(ComputeCapability capability, int sharedMemoryPerBlock, AttentionElement element, int headDimension) =>
        WrongDevice(capability) ?? WrongElement(element) ?? WrongHeadDimension(headDimension)
        ?? TooLittleSharedMemory(sharedMemoryPerBlock, headDimension);

    protected abstract string? WrongDevice(ComputeCapability capability);

    protected abstract string? WrongHeadDimension(int headDimension);

    protected virtual string? WrongElement(AttentionElement element) => element is AttentionElement.Float16 or AttentionElement.BFloat16
        ? null
        : $"element type {element} is not {AttentionElement.Float16} or {AttentionElement.BFloat16}";

    protected virtual int SmallestSharedBytes(int headDimension) => 0;

    private protected static int TileBytes(int queries, int stagedKeys, int headDimension) =>
        (queries + 2 * stagedKeys) * headDimension * BytesPerElement;

    private string? TooLittleSharedMemory(int available, int headDimension)
    {
        int needed = SmallestSharedBytes(headDimension);
        return available >= needed
            ? null
            : $"head dimension {headDimension} needs {needed} bytes of shared memory per block, the device allows {available}";
    }

    private sealed record Hopper() : BackendLimits(AttentionBackend.Hopper)
    {
        // sm_90a code runs on 9.0 and on nothing later: wgmma was not carried over.
        protected override string? WrongDevice(ComputeCapability capability) =>
            capability == new ComputeCapability(9, 0) ? null : $"compute capability {capability} is not 9.0";

        protected override string? WrongHeadDimension(int headDimension) =>
            headDimension is 64 or 128 ? null : $"head dimension {headDimension} is not 64 or 128";

        protected override int SmallestSharedBytes(int headDimension) => TileBytes(queries: 128, stagedKeys: 2 * 64, headDimension);
    }

    private sealed record Ampere() : BackendLimits(AttentionBackend.Ampere)
    {
        protected override string? WrongDevice(ComputeCapability capability) =>
            capability >= new ComputeCapability(8, 0) ? null : $"compute capability {capability} is below 8.0";

        protected override string? WrongHeadDimension(int headDimension) =>
            headDimension is > 0 and <= 256 && headDimension % 16 == 0
                ? null
                : $"head dimension {headDimension} is not a multiple of 16 up to 256";

        protected override int SmallestSharedBytes(int headDimension) => TileBytes(queries: 64, stagedKeys: 2 * 32, headDimension);
    }

    private sealed record Portable() : BackendLimits(AttentionBackend.Portable)
    {
        protected override string? WrongDevice(ComputeCapability capability) => null;

        protected override string? WrongElement(AttentionElement element) => null;

        protected override string? WrongHeadDimension(int headDimension) =>
            headDimension is > 0 and <= 256 ? null : $"head dimension {headDimension} is not between 1 and 256";
    }
}
