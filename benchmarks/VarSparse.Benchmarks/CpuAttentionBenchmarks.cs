using BenchmarkDotNet.Attributes;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks;

/// <summary>Sparse attention against TorchSharp's dense scaled dot product attention, float32 [1, 2, 4096, D] over 10,521 keys.</summary>
[MemoryDiagnoser]
public class CpuAttentionBenchmarks
{
    private Tensor _q = null!;
    private Tensor _k = null!;
    private Tensor _v = null!;

    [Params(64, 128)]
    public int HeadDimension { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _ = manual_seed(1);
        _q = randn(1, AttentionWorkload.Heads, AttentionWorkload.Dense.QueryCount, HeadDimension);
        _k = randn(1, AttentionWorkload.Heads, AttentionWorkload.Dense.KeyCount, HeadDimension);
        _v = randn(1, AttentionWorkload.Heads, AttentionWorkload.Dense.KeyCount, HeadDimension);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _q.Dispose();
        _k.Dispose();
        _v.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void TorchDense()
    {
        using var _ = nn.functional.scaled_dot_product_attention(_q, _k, _v);
    }

    [Benchmark]
    public void Dense() => Apply(AttentionWorkload.Dense);

    [Benchmark]
    public void CrossScaleExact() => Apply(AttentionWorkload.CrossScaleExact);

    [Benchmark]
    public void CrossScaleWholeTiles() => Apply(AttentionWorkload.CrossScaleWholeTiles);

    private void Apply(SparsePattern pattern)
    {
        using Tensor _ = SparseAttention.Apply(_q, _k, _v, pattern);
    }
}
