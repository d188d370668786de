using TorchSharp;
using VarSparse.GpuBenchmarks;
using VarSparse.StackBenchmarks;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Measuring;

/// <summary>
/// What a device reaches where nothing but arithmetic counts. On a CPU the float32 multiply-adds of all processors, for every type, as our
/// kernels compute in float32; on a GPU torch's product of two large matrices of the type.
/// </summary>
internal static class Peaks
{
    private const int Side = 8192;

    public static double GigaflopsPerSecond(Device device, string type) =>
        device.type == DeviceType.CUDA ? MatrixProduct(device, TorchNames.TypeOf(type)) : MultiplyAddPeak.Measure();

    private static double MatrixProduct(Device device, ScalarType type)
    {
        using Tensor a = randn([Side, Side], dtype: type, device: device), b = randn([Side, Side], dtype: type, device: device);
        using EventTimer timer = GpuTimers.Cold(device);
        float[] milliseconds = timer.Milliseconds(_ => matmul(a, b).Dispose());
        return 2e-6 * Side * Side * Side / milliseconds[0];
    }
}
