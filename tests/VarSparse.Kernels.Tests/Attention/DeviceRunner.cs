using System.Reflection;
using System.Runtime.InteropServices;
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

    public int Multiprocessors => _device.Properties.MultiprocessorCount;

    public bool Runs(AttentionVariant variant) => BackendSelection
        .For(_device.Properties, variant.Element, variant.HeadDimension).Usable.Contains(variant.Backend);

    /// <summary>Runs a problem three times and checks that the results are right and the same bits.</summary>
    public void Check(AttentionVariant variant, KernelProblem problem, bool wantLogSumExp) =>
        Check(variant, problem, PatternImage.Create(problem.Pattern), wantLogSumExp);

    /// <summary>The same with a form of the pattern that the kernel knows.</summary>
    public void Check(AttentionVariant variant, KernelProblem problem, PatternImage image, bool wantLogSumExp)
    {
        (byte[] output, float[] logSumExp) = Run(variant, problem, image, wantLogSumExp);
        problem.AssertMatchesReference(output, logSumExp);
        for (int again = 1; again < 3; again++)
        {
            (byte[] sameOutput, float[] sameLogSumExp) = Run(variant, problem, image, wantLogSumExp);
            Assert.True(output.AsSpan().SequenceEqual(sameOutput), $"{variant.Backend}, {problem}: run {again} gives another output");
            Assert.True(
                MemoryMarshal.AsBytes(logSumExp.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(sameLogSumExp.AsSpan())),
                $"{variant.Backend}, {problem}: run {again} gives another log-sum-exp");
        }
    }

    /// <summary>Loads a kernel as if it were new to the driver, which otherwise says nothing about one that it has compiled before.</summary>
    public LoadedKernel LoadAnew(AttentionVariant variant)
    {
        KernelSource known = SourceOf(variant.Kernel, variant.Bounds, IsArchitectureSpecific(variant));
        KernelSource source = known with { Ptx = $"{known.Ptx}\n// {Guid.NewGuid()}\n" };
        return LoadedKernel.Create(_device, KernelModule.LoadPtx(_device.Context, source), source);
    }

    public void Dispose()
    {
        foreach (LoadedKernel kernel in _kernels.Values)
            kernel.Dispose();
        _device.Dispose();
    }

    private (byte[] Output, float[] LogSumExp) Run(AttentionVariant variant, KernelProblem problem, PatternImage image, bool wantLogSumExp)
    {
        using var memory = new ProblemMemory(problem, image, wantLogSumExp, new DeviceStore(_device));
        AttentionParameters parameters = memory.Parameters;
        Assert.Null(variant.WhyNot(parameters));
        LaunchShape shape = variant.Shape(parameters);
        var arguments = default(LaunchArguments);
        if (shape.GridX > 0)
        {
            variant.AddArguments(parameters, shape, ref arguments);
            Load(variant.Kernel, variant.Bounds, IsArchitectureSpecific(variant)).Launch(shape, arguments);
        }

        shape = UncoveredQueries.Shape(parameters, image.UncoveredQueries.Length);
        arguments = default;
        UncoveredQueries.AddArguments(parameters, memory.UncoveredQueries, variant.HeadDimension, ref arguments);
        if (shape.GridX > 0)
            Load(UncoveredQueries.Kernel(variant.Element), UncoveredQueries.Bounds, architectureSpecific: false).Launch(shape, arguments);
        _device.Synchronize();
        return memory.Results();
    }

    private LoadedKernel Load(MethodInfo method, LaunchBounds bounds, bool architectureSpecific)
    {
        if (!_kernels.TryGetValue(method, out LoadedKernel? kernel))
        {
            KernelSource source = SourceOf(method, bounds, architectureSpecific);
            kernel = LoadedKernel.Create(_device, KernelModule.LoadPtx(_device.Context, source), source);
            _kernels.Add(method, kernel);
        }

        return kernel;
    }

    private KernelSource SourceOf(MethodInfo method, LaunchBounds bounds, bool architectureSpecific)
    {
        ComputeCapability capability = _device.Properties.ComputeCapability;
        PtxKernel ptx = compiler.Compile(method, new PtxTarget(capability.Major, capability.Minor, architectureSpecific), bounds);
        return new KernelSource(ptx.Text, ptx.EntryName);
    }

    private static bool IsArchitectureSpecific(AttentionVariant variant) => variant.Backend == AttentionBackend.Hopper;
}
