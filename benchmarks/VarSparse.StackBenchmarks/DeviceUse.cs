using TorchSharp;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>Memory of a GPU that is in use, by anyone: libtorch keeps what it once took, so after a run this is the run's peak.</summary>
internal static class DeviceUse
{
    /// <summary>10^9 bytes; 0 on the CPU.</summary>
    public static double Gigabytes(Device device)
    {
        if (device.type != DeviceType.CUDA)
            return 0;
        using CudaAttention attention = CudaAttention.Open(device.index);
        (long free, long total) = attention.Device.MemoryInfo();
        return (total - free) / 1e9;
    }
}
