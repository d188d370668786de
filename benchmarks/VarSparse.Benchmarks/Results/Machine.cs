using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using VarSparse.Kernels.Runtime;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using ProcessorName = VarSparse.Samples.QuickStart.Processor;

namespace VarSparse.Benchmarks.Results;

/// <summary>What figures were taken on.</summary>
internal sealed record Machine
{
    private const string LinuxDriver = "/sys/module/nvidia/version";

    /// <summary>Name and threads.</summary>
    public required string Processor { get; init; }

    public required string System { get; init; }

    public required string Runtime { get; init; }

    public required string TorchSharp { get; init; }

    /// <summary>Name and driver; null for a run on the CPU.</summary>
    public required string? Gpu { get; init; }

    public static Machine Describe(Device device) => new()
    {
        Processor = ProcessorName.Describe(get_num_threads()),
        System = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        TorchSharp = typeof(torch).Assembly.GetName().Version!.ToString(3),
        Gpu = device.type == DeviceType.CUDA ? Describe(CudaDevices.For(device.index).Device.Properties) : null,
    };

    private static string Describe(CudaDeviceProperties properties)
    {
        string driver = File.Exists(LinuxDriver) ? File.ReadAllText(LinuxDriver).Trim() + " " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{properties.Name}, driver {driver}for CUDA {properties.DriverVersion / 1000}.{properties.DriverVersion % 1000 / 10}");
    }
}
