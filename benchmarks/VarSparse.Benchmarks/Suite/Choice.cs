using TorchSharp;
using VarSparse.StackBenchmarks;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Suite;

/// <summary>
/// What of the suite runs, and where. The benchmarks are in this process, so data of the process reaches their parameters, which
/// BenchmarkDotNet asks for without an instance.
/// </summary>
internal static class Choice
{
    public const int Seed = 1;

    private const string Full = "VarSparse.Benchmarks.Full";
    private const string DeviceName = "VarSparse.Benchmarks.Device";

    public static bool IsFull => AppContext.TryGetSwitch(Full, out bool full) && full;

    public static Device Device => TorchNames.DeviceOf((string?)AppContext.GetData(DeviceName) ?? "cpu");

    public static bool OnGpu => Device.type == DeviceType.CUDA;

    /// <summary>One image with guidance on a GPU; on a CPU what a few minutes allow. Time is in proportion.</summary>
    public static int Batch => OnGpu ? 2 : 1;

    public static int Heads => OnGpu ? 24 : 2;

    /// <summary>All with --full, else a small, a middle and a large one.</summary>
    public static IEnumerable<string> GeometryNames => IsFull ? Geometries.Names : ["var-256", "infinity-0.25m", "infinity-1m"];

    public static IEnumerable<int> HeadDimensions => IsFull ? [64, 128] : [MainHeadDimension];

    public static IEnumerable<string> Types => IsFull ? ["fp32", "bf16", "fp16"] : OnGpu ? [MainType] : [MainType, "bf16"];

    public static int MainHeadDimension => OnGpu ? 128 : 64;

    public static string MainType => OnGpu ? "bf16" : "fp32";

    public static void Set(bool full, string device)
    {
        AppContext.SetSwitch(Full, full);
        AppContext.SetData(DeviceName, device);
    }
}
