using BenchmarkDotNet.Attributes;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks.Suite;

/// <summary>Where sparse stops to pay: windows of one side on every scale of a geometry's last scale, from narrow to nearly everything.</summary>
[MemoryDiagnoser]
public class DensityBenchmarks : AttentionBenchmark
{
    private SparsePattern _pattern = null!;

    [ParamsSource(nameof(Windows))]
    public int Window { get; set; }

    public static IEnumerable<int> Windows => Choice.IsFull ? [3, 5, 7, 11, 15, 23, 31, 47, 63] : [3, 7, 15, 31, 63];

    /// <summary>Its last scale is 64x64 on a GPU, which smaller ones hardly fill.</summary>
    private static ScaleSchedule Schedule => Geometries.Of(Choice.OnGpu ? "infinity-1m" : "infinity-0.25m");

    [GlobalSetup]
    public void Setup()
    {
        ScaleSchedule schedule = Schedule;
        int last = schedule.Count - 1;
        _pattern = CrossScaleLocal.Create(schedule, last, new() { Windows = [.. Enumerable.Repeat(Window, schedule.Count)] });
        Prepare(schedule, last, Choice.MainHeadDimension, Choice.MainType);
    }

    [Benchmark]
    public void CrossScaleLocalAttention() => Sparse(_pattern);
}
