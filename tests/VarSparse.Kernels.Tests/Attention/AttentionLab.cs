using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Attention.Uncovered;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Attention;

[assembly: AssemblyFixture(typeof(AttentionLab))]

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>One simulated multiprocessor of sixteen 32-lane warps (a power of two that holds the Hopper kernel's twelve) that runs the attention kernels over host memory.</summary>
public sealed class AttentionLab : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Context _context = Context.Create(builder => builder.CPU(new CPUDevice(32, 16, 1)).EnableAlgorithms());
    private readonly CPUAccelerator _accelerator;

    public AttentionLab() => _accelerator = _context.CreateCPUAccelerator(0, CPUAcceleratorMode.Parallel);

    /// <summary>Runs a kernel that takes <see cref="AttentionParameters"/>.</summary>
    internal void Run(AttentionVariant variant, AttentionParameters parameters)
    {
        LaunchShape shape = variant.Shape(parameters);
        if (shape.GridX == 0)
            return;
        var kernel = variant.Kernel.CreateDelegate<Action<AttentionParameters>>();
        lock (_gate)
        {
            _accelerator.LoadStreamKernel(kernel)(Config(shape), parameters);
            _accelerator.Synchronize();
        }
    }

    /// <summary>Runs a kernel that takes one struct.</summary>
    internal void Run<T>(in KernelLaunch<T> launch)
        where T : unmanaged
    {
        if (launch.Shape.GridX == 0)
            return;
        var kernel = launch.Kernel.CreateDelegate<Action<T>>();
        lock (_gate)
        {
            _accelerator.LoadStreamKernel(kernel)(Config(launch.Shape), launch.Arguments);
            _accelerator.Synchronize();
        }
    }

    internal void RunHopper(HopperVariant variant, AttentionParameters parameters)
    {
        LaunchShape shape = variant.Shape(parameters);
        if (shape.GridX == 0)
            return;
        var kernel = variant.Kernel.CreateDelegate<Action<AttentionParameters, TileWork>>();
        lock (_gate)
        {
            _accelerator.LoadStreamKernel(kernel)(Config(shape), parameters, HopperVariant.Way(parameters, shape));
            _accelerator.Synchronize();
        }
    }

    internal void RunPortable(PortableVariant variant, KernelProblem problem, PatternImage image, AttentionParameters parameters)
    {
        switch (problem.Element)
        {
            case AttentionElement.Float32: RunPortable<float>(variant, problem, image, parameters); break;
            case AttentionElement.Float16: RunPortable<ILGPU.Half>(variant, problem, image, parameters); break;
            default: RunPortable<ushort>(variant, problem, image, parameters); break;
        }
    }

    internal void RunUncovered(KernelProblem problem, PatternImage image, ProblemMemory memory)
    {
        if (problem.Element == AttentionElement.Float32)
            RunUncovered<float>(problem, image, memory);
        else if (problem.Element == AttentionElement.Float16)
            RunUncovered<ILGPU.Half>(problem, image, memory);
        else
            RunUncovered<ushort>(problem, image, memory);
    }

    public void Dispose()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }

    private static KernelConfig Config(LaunchShape shape) => new(
        new Index3D(shape.GridX, shape.GridY, shape.GridZ),
        new Index3D(shape.BlockX, shape.BlockY, shape.BlockZ),
        shape.DynamicSharedBytes == 0 ? default : SharedMemoryConfig.RequestDynamic<byte>(shape.DynamicSharedBytes));

    private void RunPortable<T>(PortableVariant variant, KernelProblem problem, PatternImage image, AttentionParameters parameters)
        where T : unmanaged
    {
        LaunchShape shape = variant.Shape(parameters);
        if (shape.GridX == 0)
            return;
        var kernel = variant.Kernel.CreateDelegate<Action<PortableTensors<T>, PortablePattern, PortableSizes>>();
        lock (_gate)
        {
            using var views = new HostViews(_accelerator);
            var tensors = new PortableTensors<T>
            {
                Queries = views.Of<T>(parameters.Queries, problem.QueryLayout.Extent),
                Keys = views.Of<T>(parameters.Keys, problem.KeyLayout.Extent),
                Values = views.Of<T>(parameters.Values, problem.KeyLayout.Extent),
                Output = views.Of<T>(parameters.Output, problem.QueryLayout.Extent),
                LogSumExp = views.Of<float>(parameters.LogSumExp, LogSumExps(parameters)),
            };
            var pattern = new PortablePattern
            {
                SlotQueries = views.Of<int>(parameters.SlotQueries, image.SlotQueries.Length),
                KeyIndices = views.Of<int>(parameters.KeyIndices, image.Keys.Length),
                ListRanges = views.Of<int>(parameters.ListRanges, image.ListRanges.Length),
                ListOfTile = views.Of<int>(parameters.ListOfTile, image.ListOfTile.Length),
                BlockStates = views.Of<byte>(parameters.BlockStates, image.BlockStates.Length),
                MaskFragments = views.Of<uint>(parameters.MaskFragments, image.MaskFragments.Length),
                KeyBias = views.Of<float>(parameters.KeyBias, image.KeyBias.Length),
            };
            _accelerator.LoadStreamKernel(kernel)(
                Config(shape), tensors, pattern, PortableSizes.Of(parameters, problem.QueryLayout.HeadDimension));
            _accelerator.Synchronize();
        }
    }

    private void RunUncovered<T>(KernelProblem problem, PatternImage image, ProblemMemory memory)
        where T : unmanaged
    {
        AttentionParameters parameters = memory.Parameters;
        LaunchShape shape = UncoveredQueries.Shape(parameters, image.UncoveredQueries.Length);
        if (shape.GridX == 0)
            return;
        var kernel = UncoveredQueries.Kernel(problem.Element)
            .CreateDelegate<Action<ArrayView<int>, ArrayView<T>, ArrayView<float>, PortableSizes>>();
        lock (_gate)
        {
            using var views = new HostViews(_accelerator);
            _accelerator.LoadStreamKernel(kernel)(
                Config(shape),
                views.Of<int>(memory.UncoveredQueries, image.UncoveredQueries.Length),
                views.Of<T>(parameters.Output, problem.QueryLayout.Extent),
                views.Of<float>(parameters.LogSumExp, LogSumExps(parameters)),
                PortableSizes.Of(parameters, problem.QueryLayout.HeadDimension));
            _accelerator.Synchronize();
        }
    }

    private static long LogSumExps(AttentionParameters parameters) =>
        parameters.LogSumExp == 0 ? 0 : (long)parameters.Batch * parameters.Heads * parameters.QueryCount;
}
