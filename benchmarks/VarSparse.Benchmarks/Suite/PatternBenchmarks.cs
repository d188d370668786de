using BenchmarkDotNet.Attributes;
using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks.Suite;

/// <summary>Building the patterns of a last scale, which a generation does once for all layers.</summary>
[MemoryDiagnoser]
public class PatternBenchmarks
{
    private Workload _workload = null!;
    private SparsePattern _farField = null!;

    [ParamsSource(nameof(GeometryNames))]
    public string Geometry { get; set; } = "";

    public static IEnumerable<string> GeometryNames => Choice.GeometryNames;

    [GlobalSetup]
    public void Setup()
    {
        _workload = Workload.Of(Geometry);
        _farField = FarFieldExact().Pattern;
    }

    [Benchmark]
    public SparsePattern Dense() => SparsePattern.Dense(_workload.Dense.QueryCount, _workload.Dense.KeyCount);

    [Benchmark]
    public SparsePattern CrossScaleExact() => CrossScaleLocal.Create(_workload.Schedule, _workload.LastScale);

    [Benchmark]
    public SparsePattern CrossScaleWholeTiles() =>
        CrossScaleLocal.Create(_workload.Schedule, _workload.LastScale, new CrossScaleLocalOptions { ExactMask = false });

    [Benchmark]
    public FarFieldPlan FarFieldExact() => FarField.Create(_workload.Schedule, _workload.LastScale);

    [Benchmark]
    public object CrossScaleImage() => PatternImage.Create(_workload.CrossScaleExact);

    [Benchmark]
    public object FarFieldImage() => PatternImage.Create(_farField);
}
