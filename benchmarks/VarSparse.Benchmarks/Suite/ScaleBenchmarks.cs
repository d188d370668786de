using BenchmarkDotNet.Attributes;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks.Suite;

/// <summary>At which scale sparse begins to pay: the scales of Infinity's 1024 x 1024 images, one by one.</summary>
[MemoryDiagnoser]
public class ScaleBenchmarks : AttentionBenchmark
{
    private const int First = 4;

    private SparsePattern _pattern = null!;

    [ParamsSource(nameof(Scales))]
    public int Scale { get; set; }

    public static IEnumerable<int> Scales => Enumerable.Range(First, Schedule.Count - First);

    private static ScaleSchedule Schedule => Geometries.Of("infinity-1m");

    [GlobalSetup]
    public void Setup()
    {
        _pattern = CrossScaleLocal.Create(Schedule, Scale);
        Prepare(Schedule, Scale, Choice.MainHeadDimension, Choice.MainType);
    }

    [Benchmark]
    public void CrossScaleLocalAttention() => Sparse(_pattern);
}
