using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>What the driver says about a device; sizes in bytes.</summary>
internal sealed unsafe record CudaDeviceProperties
{
    private const int LongestName = 256;

    internal required int Ordinal { get; init; }

    internal required string Name { get; init; }

    internal required ComputeCapability ComputeCapability { get; init; }

    internal required int MultiprocessorCount { get; init; }

    internal required int MaxThreadsPerBlock { get; init; }

    /// <summary>What a block gets without asking: 48 KB.</summary>
    internal required int SharedMemoryPerBlock { get; init; }

    /// <summary>What a kernel gets that asks for it, static and dynamic together: 227 KB on Hopper.</summary>
    internal required int SharedMemoryPerBlockOptIn { get; init; }

    internal required int SharedMemoryPerMultiprocessor { get; init; }

    internal required int L2CacheBytes { get; init; }

    internal required long MemoryBytes { get; init; }

    /// <summary>The CUDA version the driver implements, as 1000 * major + 10 * minor: 13000 for 13.0.</summary>
    internal required int DriverVersion { get; init; }

    internal static CudaDeviceProperties Read(ICudaDriver driver, int ordinal, int device)
    {
        int Attribute(CudaDeviceAttribute attribute)
        {
            CudaResult result = driver.DeviceGetAttribute(out int value, attribute, device);
            CudaFailure.ThrowIfFailed(driver, result, nameof(CudaNative.cuDeviceGetAttribute), $"{attribute} of device {ordinal}");
            return value;
        }

        byte* name = stackalloc byte[LongestName];
        CudaFailure.ThrowIfFailed(
            driver, driver.DeviceGetName(name, LongestName, device), nameof(CudaNative.cuDeviceGetName), $"of device {ordinal}");
        CudaFailure.ThrowIfFailed(
            driver, driver.DeviceTotalMem(out nuint memory, device), nameof(CudaNative.cuDeviceTotalMem_v2), $"of device {ordinal}");
        CudaFailure.ThrowIfFailed(driver, driver.DriverGetVersion(out int version), nameof(CudaNative.cuDriverGetVersion));
        return new CudaDeviceProperties
        {
            Ordinal = ordinal,
            Name = Marshal.PtrToStringUTF8((nint)name) ?? "",
            ComputeCapability = new ComputeCapability(
                Attribute(CudaDeviceAttribute.ComputeCapabilityMajor), Attribute(CudaDeviceAttribute.ComputeCapabilityMinor)),
            MultiprocessorCount = Attribute(CudaDeviceAttribute.MultiprocessorCount),
            MaxThreadsPerBlock = Attribute(CudaDeviceAttribute.MaxThreadsPerBlock),
            SharedMemoryPerBlock = Attribute(CudaDeviceAttribute.SharedMemoryPerBlock),
            SharedMemoryPerBlockOptIn = Attribute(CudaDeviceAttribute.SharedMemoryPerBlockOptIn),
            SharedMemoryPerMultiprocessor = Attribute(CudaDeviceAttribute.SharedMemoryPerMultiprocessor),
            L2CacheBytes = Attribute(CudaDeviceAttribute.L2CacheBytes),
            MemoryBytes = (long)memory,
            DriverVersion = version,
        };
    }
}
