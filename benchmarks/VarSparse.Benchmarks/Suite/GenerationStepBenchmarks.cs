using BenchmarkDotNet.Attributes;
using TorchSharp;
using VarSparse.Geometry;
using VarSparse.StackBenchmarks;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Suite;

/// <summary>
/// The last step of a generation with the hooks: token selection, the blocks of a transformer of random weights with their cache, and the
/// residual. The steps before it are no part of the time.
/// </summary>
[MemoryDiagnoser]
[InvocationCount(1)] // a generation takes each scale once
public class GenerationStepBenchmarks : IDisposable
{
    private const int Channels = 32;

    private StackSize _size = null!;
    private Stack _stack = null!;
    private Tensor _residual = null!;
    private VarGeneration _generation = null!;

    [ParamsSource(nameof(GeometryNames))]
    public string Geometry { get; set; } = "";

    public static IEnumerable<string> GeometryNames => Choice.GeometryNames;

    [GlobalSetup]
    public void Setup()
    {
        using IDisposable inference = inference_mode();
        ScaleSchedule schedule = Geometries.Of(Geometry);
        _size = Choice.OnGpu
            ? new StackSize("step", Layers: 4, Width: 2048, Heads: 16, schedule)
            : new StackSize("step", Layers: 2, Width: 128, Heads: 2, schedule);
        _stack = new Stack(_size, Choice.Batch, Choice.Device, TorchNames.TypeOf(Choice.MainType), Choice.Seed, new FusedSteps());
        _residual = randn([Choice.Batch, Channels, schedule.Max(grid => grid.TokenCount)], device: Choice.Device);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _stack.Dispose();
        _residual.Dispose();
        GC.SuppressFinalize(this);
    }

    [IterationSetup(Target = nameof(Dense))]
    public void BeforeDense() => RunEarlierScales(new VarAccelerator());

    [IterationSetup(Target = nameof(CrossScaleLocal))]
    public void BeforeCrossScaleLocal() => RunEarlierScales(new VarAccelerator(new CrossScaleLocalAttention()));

    [IterationSetup(Target = nameof(CrossScaleLocalPruned))]
    public void BeforeCrossScaleLocalPruned() => RunEarlierScales(new VarAccelerator(new CrossScaleLocalAttention(), new LatentDiscrepancyPruning()));

    [IterationCleanup]
    public void AfterEach() => _generation.Dispose();

    [Benchmark(Baseline = true)]
    public void Dense() => LastStep();

    [Benchmark]
    public void CrossScaleLocal() => LastStep();

    [Benchmark]
    public void CrossScaleLocalPruned() => LastStep();

    private void RunEarlierScales(VarAccelerator accelerator)
    {
        using IDisposable inference = inference_mode();
        _generation = accelerator.Begin(_size.Schedule, _size.Layers, _size.Heads, guided: false);
        for (int scale = 0; scale < _size.Schedule.Count - 1; scale++)
            Step(scale);
        Wait();
    }

    private void LastStep()
    {
        using IDisposable inference = inference_mode();
        Step(_size.Schedule.Count - 1);
        Wait();
    }

    private void Step(int scale)
    {
        using DisposeScope scope = NewDisposeScope();
        ScaleStep step = _generation.BeginScale(scale);
        _ = _stack.Run(step.TokenCount, _generation);
        _ = _generation.Residual(_residual.narrow(2, 0, step.TokenCount));
    }

    private static void Wait()
    {
        if (Choice.OnGpu)
            cuda.synchronize(Choice.Device);
    }
}
