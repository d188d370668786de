using BenchmarkDotNet.Attributes;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Suite;

/// <summary>Attention of a geometry's last scale: torch's dense, with a mask and in three calls; ours dense and cross-scale local.</summary>
[MemoryDiagnoser]
public class AttentionBenchmarks : AttentionBenchmark
{
    private Workload _workload = null!;
    private Tensor _mask = null!;

    [ParamsSource(nameof(GeometryNames))]
    public string Geometry { get; set; } = "";

    [ParamsSource(nameof(HeadDimensions))]
    public int HeadDimension { get; set; }

    [ParamsSource(nameof(Types))]
    public string Type { get; set; } = "";

    public static IEnumerable<string> GeometryNames => Choice.GeometryNames;

    public static IEnumerable<int> HeadDimensions => Choice.HeadDimensions;

    public static IEnumerable<string> Types => Choice.Types;

    [GlobalSetup]
    public void Setup()
    {
        _workload = Workload.Of(Geometry);
        Prepare(_workload.Schedule, _workload.LastScale, HeadDimension, Type);
        SparsePattern kept = _workload.CrossScaleExact;
        _mask = tensor(kept.ToDenseMask().Cast<bool>().ToArray(), [kept.QueryCount, kept.KeyCount], device: Choice.Device);
    }

    [Benchmark]
    public void TorchMasked() => Run(_workload.CrossScaleExact, () =>
    {
        using Tensor _ = nn.functional.scaled_dot_product_attention(Q, K, V, _mask);
    });

    [Benchmark]
    public void TorchNaive() => Run(_workload.Dense, () =>
    {
        using var scope = NewDisposeScope();
        _ = matmul(nn.functional.softmax(matmul(Q, K.transpose(2, 3)) * (1 / Math.Sqrt(HeadDimension)), -1), V);
    });

    [Benchmark]
    public void Dense() => Sparse(_workload.Dense);

    [Benchmark]
    public void CrossScaleExact() => Sparse(_workload.CrossScaleExact);

    [Benchmark]
    public void CrossScaleWholeTiles() => Sparse(_workload.CrossScaleWholeTiles);

    private protected override void Release()
    {
        base.Release();
        _mask.Dispose();
    }
}
