using BenchmarkDotNet.Attributes;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks;

/// <summary>Attention of a last scale in float32, [1, 2, Lq, D] over Lk keys: ours, torch's dense and masked, and three torch calls.</summary>
[MemoryDiagnoser]
public class CpuAttentionBenchmarks
{
    private AttentionWorkload _workload = null!;
    private Tensor _q = null!;
    private Tensor _k = null!;
    private Tensor _v = null!;
    private Tensor _mask = null!;

    [ParamsSource(nameof(Geometries))]
    public string Geometry { get; set; } = "";

    [ParamsSource(nameof(HeadDimensions))]
    public int HeadDimension { get; set; }

    public static IEnumerable<string> Geometries => AttentionWorkload.Geometries;

    public static IEnumerable<int> HeadDimensions => Suite.IsFull ? [64, 128] : [64];

    [GlobalSetup]
    public void Setup()
    {
        _workload = AttentionWorkload.Of(Geometry);
        _ = manual_seed(1);
        _q = randn(1, AttentionWorkload.Heads, _workload.Dense.QueryCount, HeadDimension);
        _k = randn(1, AttentionWorkload.Heads, _workload.Dense.KeyCount, HeadDimension);
        _v = randn(1, AttentionWorkload.Heads, _workload.Dense.KeyCount, HeadDimension);
        _mask = tensor(_workload.CrossScaleExact.ToDenseMask().Cast<bool>().ToArray(), [_workload.Dense.QueryCount, _workload.Dense.KeyCount]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _q.Dispose();
        _k.Dispose();
        _v.Dispose();
        _mask.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void TorchDense()
    {
        using Tensor _ = nn.functional.scaled_dot_product_attention(_q, _k, _v);
    }

    [Benchmark]
    public void TorchMasked()
    {
        using Tensor _ = nn.functional.scaled_dot_product_attention(_q, _k, _v, _mask);
    }

    [Benchmark]
    public void TorchNaive()
    {
        using var scope = NewDisposeScope();
        _ = matmul(nn.functional.softmax(matmul(_q, _k.transpose(2, 3)) * (1 / Math.Sqrt(HeadDimension)), -1), _v);
    }

    [Benchmark]
    public void Dense() => Apply(_workload.Dense);

    [Benchmark]
    public void CrossScaleExact() => Apply(_workload.CrossScaleExact);

    [Benchmark]
    public void CrossScaleWholeTiles() => Apply(_workload.CrossScaleWholeTiles);

    private void Apply(SparsePattern pattern)
    {
        using Tensor _ = SparseAttention.Apply(_q, _k, _v, pattern);
    }
}
