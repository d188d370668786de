using VarSparse.GpuBenchmarks;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Measuring;

/// <summary>Event timers of a torch device: torch and our kernels share its context and its default stream.</summary>
internal static class GpuTimers
{
    /// <summary>A timer that overwrites the L2 before each repetition.</summary>
    public static EventTimer Cold(Device device) => new(CudaDevices.For(device.index).Device, coldCache: true);
}
