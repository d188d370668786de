using System.Reflection;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Uncovered;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>This machine's GPU and the kernels loaded on it so far.</summary>
internal sealed class DeviceRunner(IKernelCompiler compiler) : IDisposable
{
    private readonly CudaDevice _device = CudaDevice.Open();
    private readonly Dictionary<MethodInfo, LoadedKernel> _kernels = [];

    /// <summary>Skips the test where there is no GPU.</summary>
    public static DeviceRunner Open(IKernelCompiler compiler)
    {
        Assert.SkipUnless(CudaDriver.TryLoad(out _, out string? reason), $"needs a CUDA device: {reason}");
        return new DeviceRunner(compiler);
    }

    public bool Runs(AttentionVariant variant) => BackendSelection
        .For(_device.Properties, variant.Element, variant.HeadDimension).Usable.Contains(variant.Backend);

    /// <summary>Runs a problem and checks its result.</summary>
    public void Check(AttentionVariant variant, KernelProblem problem, bool wantLogSumExp)
    {
        PatternImage image = PatternImage.Create(problem.Pattern);
        using var memory = new ProblemMemory(problem, image, wantLogSumExp, new DeviceStore(_device));
        AttentionParameters parameters = memory.Parameters;
        Assert.Null(variant.WhyNot(parameters, _device.Properties.SharedMemoryPerBlockOptIn));
        var arguments = default(LaunchArguments);
        variant.AddArguments(parameters, ref arguments);
        Launch(variant.Kernel, variant.Bounds, variant.Shape(parameters), arguments);
        arguments = default;
        UncoveredQueries.AddArguments(parameters, memory.UncoveredQueries, variant.HeadDimension, ref arguments);
        Launch(
            UncoveredQueries.Kernel(variant.Element), UncoveredQueries.Bounds,
            UncoveredQueries.Shape(parameters, image.UncoveredQueries.Length), arguments);
        _device.Synchronize();
        (byte[] output, float[] logSumExp) = memory.Results();
        problem.AssertMatchesReference(output, logSumExp);
    }

    public LoadedKernel Load(MethodInfo method, LaunchBounds bounds)
    {
        if (!_kernels.TryGetValue(method, out LoadedKernel? kernel))
        {
            ComputeCapability capability = _device.Properties.ComputeCapability;
            PtxKernel ptx = compiler.Compile(method, new PtxTarget(capability.Major, capability.Minor), bounds);
            var source = new KernelSource(ptx.Text, ptx.EntryName);
            kernel = LoadedKernel.Create(_device, KernelModule.LoadPtx(_device.Context, source), source);
            _kernels.Add(method, kernel);
        }

        return kernel;
    }

    public void Dispose()
    {
        foreach (LoadedKernel kernel in _kernels.Values)
            kernel.Dispose();
        _device.Dispose();
    }

    private void Launch(MethodInfo method, LaunchBounds bounds, LaunchShape shape, in LaunchArguments arguments)
    {
        if (shape.GridX > 0)
            Load(method, bounds).Launch(shape, arguments);
    }
}
