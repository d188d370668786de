using BenchmarkDotNet.Attributes;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks;

/// <summary>Building the patterns of a last scale, which a generation does once for all layers.</summary>
[MemoryDiagnoser]
public class PatternBenchmarks
{
    private AttentionWorkload _workload = null!;

    [ParamsSource(nameof(Geometries))]
    public string Geometry { get; set; } = "";

    public static IEnumerable<string> Geometries => AttentionWorkload.Geometries;

    [GlobalSetup]
    public void Setup() => _workload = AttentionWorkload.Of(Geometry);

    [Benchmark(Baseline = true)]
    public SparsePattern Dense() => SparsePattern.Dense(_workload.Dense.QueryCount, _workload.Dense.KeyCount);

    [Benchmark]
    public SparsePattern CrossScaleExact() => Build(exact: true);

    [Benchmark]
    public SparsePattern CrossScaleWholeTiles() => Build(exact: false);

    private SparsePattern Build(bool exact) =>
        CrossScaleLocal.Create(_workload.Schedule, _workload.Schedule.Count - 1, new CrossScaleLocalOptions { ExactMask = exact });
}
