using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>Who computes calls on CPU tensors, as the meter and <see cref="SparseAttention.Explain"/> say.</summary>
public sealed class SparseAttentionBackendTests : IDisposable
{
    private static readonly SparsePattern Dense = SparsePattern.Dense(6, 9);

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_dense_pattern_is_ours_on_the_CPU()
    {
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 1, 1, 2, Dense, 8);
        using var counted = new CountedBackends();
        _ = SparseAttention.Apply(q, k, v, Dense);
        _ = SparseAttention.ApplyWithLogSumExp(q, k, v, Dense);
        Assert.Equal(["CPU", "CPU"], counted.Backends);
        Assert.Matches("^CPU kernel used, with vectors of (128|256|512) bits; torch not used: the tensors are on the CPU$", SparseAttention.Explain(q, k, v, Dense));
    }

    [Fact]
    public void What_no_hook_takes_is_torchs()
    {
        using var counted = new CountedBackends();
        using VarGeneration generation = new VarAccelerator().Begin(ScaleSchedule.FromSides(1, 2), layers: 1, heads: 2, guided: false);
        generation.BeginScale(0);
        Tensor x = randn(1, 2, 1, 8);
        _ = generation.AttendCached(0, x, x, x);
        Assert.Equal(["torch"], counted.Backends);
    }

    [Fact]
    public void An_explanation_names_what_keeps_a_call_from_torch_and_computes_nothing()
    {
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 2, 1, 2, Dense, 8);
        SparsePattern first = SparsePattern.FromKeyLists(QueryTiles.Raster(6, 16), 9, [[0]]);
        using var counted = new CountedBackends();
        long before = Tensor.TotalCount;
        Assert.EndsWith("torch not used: not every query sees every key", SparseAttention.Explain(q, k, v, first), StringComparison.Ordinal);
        Assert.EndsWith("torch not used: keys have a bias", SparseAttention.Explain(q, k, v, Dense.WithKeyBias(new float[9])), StringComparison.Ordinal);
        Assert.EndsWith("torch not used: it gives no log-sum-exp", SparseAttention.Explain(q, k, v, Dense, withLogSumExp: true), StringComparison.Ordinal);
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Empty(counted.Backends);
    }

    [Fact]
    public void An_explanation_fails_as_the_call_would()
    {
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 3, 1, 2, Dense, 8);
        foreach ((SparsePattern? pattern, Tensor values, double? scale) in
            new (SparsePattern?, Tensor, double?)[] { (SparsePattern.Dense(7, 9), v, null), (Dense, v, double.NaN), (Dense, q, null), (null, v, null) })
        {
            Exception called = Assert.ThrowsAny<ArgumentException>(() => SparseAttention.Apply(q, k, values, pattern!, scale));
            Assert.Equal(called.Message, Assert.ThrowsAny<ArgumentException>(() => SparseAttention.Explain(q, k, values, pattern!, scale)).Message);
        }
    }
}
