using System.Collections.Immutable;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// What a backend can run. A member says why not, in words that follow "Hopper kernel not used: ", or null when it can.
/// Shared memory is what the kernel's own plan asks for at the least.
/// </summary>
internal abstract record BackendLimits(AttentionBackend Backend)
{
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

        protected override int SmallestSharedBytes(int headDimension) => HopperRing.Bytes(headDimension);
    }

    private sealed record Ampere() : BackendLimits(AttentionBackend.Ampere)
    {
        protected override string? WrongDevice(ComputeCapability capability) =>
            capability >= new ComputeCapability(8, 0) ? null : $"compute capability {capability} is below 8.0";

        protected override string? WrongHeadDimension(int headDimension) =>
            headDimension is > 0 and <= 256 && headDimension % 16 == 0
                ? null
                : $"head dimension {headDimension} is not a multiple of 16 up to 256";

        protected override int SmallestSharedBytes(int headDimension) =>
            AmpereLayout.TotalBytes(headDimension / 16);
    }

    private sealed record Portable() : BackendLimits(AttentionBackend.Portable)
    {
        protected override string? WrongDevice(ComputeCapability capability) => null;

        protected override string? WrongElement(AttentionElement element) => null;

        protected override string? WrongHeadDimension(int headDimension) =>
            headDimension is > 0 and <= 256 ? null : $"head dimension {headDimension} is not between 1 and 256";
    }
}
