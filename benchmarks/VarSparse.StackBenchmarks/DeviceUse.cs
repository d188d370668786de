using TorchSharp;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>What a GPU is asked besides its work; nothing on the CPU.</summary>
internal static class DeviceUse
{
    /// <summary>Waits for all its work.</summary>
    public static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA)
            cuda.synchronize(device);
    }

    /// <summary>Memory in use by anyone, in 10^9 bytes: libtorch keeps what it once took, so after a run this is the run's peak. 0 on the CPU.</summary>
    public static double Gigabytes(Device device)
    {
        if (device.type != DeviceType.CUDA)
            return 0;
        using CudaAttention attention = CudaAttention.Open(device.index);
        (long free, long total) = attention.Device.MemoryInfo();
        return (total - free) / 1e9;
    }
}
