using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

public sealed class AdaptiveLayerNormTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64)]
    public void On_the_cpu_it_is_torchs_own_operations(ScalarType dtype)
    {
        AdaptiveLayerNormCase item = new(seed: 1, dtype);
        Tensor normalised = nn.functional.layer_norm(item.X, [item.X.size(2)], eps: 1e-5);
        Bits.AssertEqual(addcmul(item.Shift, normalised, item.Scale + 1, 1), AdaptiveLayerNorm.Apply(item.X, item.Scale, item.Shift, 1e-5));
        Bits.AssertEqual(
            addcmul(item.Shift, normalised, item.Scale, 1), AdaptiveLayerNorm.Apply(item.X, item.Scale, item.Shift, 1e-5, onePlusScale: false));

        Tensor expected = item.X.addcmul(item.Branch, item.Gate, 1), residual = item.X.clone(), both = item.X.clone();
        AdaptiveLayerNorm.AddGated(residual, item.Branch, item.Gate);
        Tensor next = AdaptiveLayerNorm.AddGatedAndApply(both, item.Branch, item.Gate, item.Scale, item.Shift, 1e-5);
        Bits.AssertEqual(expected, residual);
        Bits.AssertEqual(expected, both);
        Bits.AssertEqual(AdaptiveLayerNorm.Apply(expected, item.Scale, item.Shift, 1e-5), next);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 5)]
    [InlineData(2, 5)]
    public void Scale_shift_and_gate_broadcast(long batch, long tokens)
    {
        AdaptiveLayerNormCase item = new(seed: 2, ScalarType.Float32, batch, tokens);
        Tensor scale = item.Scale.expand(2, 5, 24).contiguous(), shift = item.Shift.expand(2, 5, 24).contiguous();
        Bits.AssertEqual(AdaptiveLayerNorm.Apply(item.X, scale, shift), AdaptiveLayerNorm.Apply(item.X, item.Scale, item.Shift));
        Tensor expected = item.X.addcmul(item.Branch, item.Gate, 1);
        AdaptiveLayerNorm.AddGated(item.X, item.Branch, item.Gate);
        Bits.AssertEqual(expected, item.X);
    }

    [Fact]
    public void A_branch_may_have_another_dtype()
    {
        AdaptiveLayerNormCase item = new(seed: 3, ScalarType.Float32);
        Tensor branch = item.Branch.to(ScalarType.BFloat16), expected = item.X.addcmul(branch.to(ScalarType.Float32), item.Gate, 1);
        AdaptiveLayerNorm.AddGated(item.X, branch, item.Gate);
        Bits.AssertEqual(expected, item.X);
    }

    [Fact]
    public void Nothing_leaks()
    {
        AdaptiveLayerNormCase item = new(seed: 4, ScalarType.Float32);
        TensorLeaks.AssertNone(() =>
        {
            AdaptiveLayerNorm.Apply(item.X, item.Scale, item.Shift).Dispose();
            AdaptiveLayerNorm.AddGated(item.X, item.Branch, item.Gate);
            AdaptiveLayerNorm.AddGatedAndApply(item.X, item.Branch, item.Gate, item.Scale, item.Shift).Dispose();
        });
    }

    [Fact]
    public void What_does_not_fit_is_said_in_one_line()
    {
        Fails("x", "got 2 dimensions [2, 24], expected 3: [batch, tokens, channels].", x: zeros(2, 24));
        Fails("x", "got size 0 of dimension 1 in [2, 0, 24], expected 1 to 2147483647.", x: zeros(2, 0, 24));
        Fails("x", "got Int32, expected Float32, Float16, BFloat16 or Float64.", x: zeros([2, 5, 24], dtype: ScalarType.Int32));
        Fails("x", "got rows that lie in one place, expected rows apart, as clone() gives them.", x: zeros(1, 1, 24).expand(2, 5, 24));
        Fails("branch", "got a tensor on meta, expected one on cpu as x is.", branch: zeros([2, 5, 24], device: META));
        Fails("branch", "got [2, 1, 24], expected [2, 5, 24] as x is.", branch: zeros(2, 1, 24));
        Fails("gate", "got [2, 1, 23], expected [2 or 1, 5 or 1, 24] as x is [2, 5, 24].", gate: zeros(2, 1, 23));
        Fails("scale", "got [3, 1, 24], expected [2 or 1, 5 or 1, 24] as x is [2, 5, 24].", scale: zeros(3, 1, 24));
        Fails("scale", "got 2 dimensions [2, 24], expected 3: [batch, tokens, channels].", scale: zeros(2, 24));
        Fails("shift", "got [2, 4, 24], expected [2 or 1, 5 or 1, 24] as x is [2, 5, 24].", shift: zeros(2, 4, 24));
        Fails("shift", "got BFloat16, expected Float32 as x is.", shift: zeros([2, 1, 24], dtype: ScalarType.BFloat16));
        Fails(
            "gate", "got a tensor that requires a gradient, expected inference: detach() it or call under torch.no_grad().",
            gate: zeros(2, 1, 24).requires_grad_());

        using (no_grad())
            Assert.False(AdaptiveLayerNorm.Apply(zeros(2, 5, 24), zeros(2, 1, 24).requires_grad_(), zeros(2, 1, 24)).requires_grad);
    }

    private static void Fails(
        string name, string message, Tensor? x = null, Tensor? branch = null, Tensor? gate = null, Tensor? scale = null, Tensor? shift = null)
    {
        x ??= zeros(2, 5, 24);
        branch ??= zeros(2, 5, 24);
        (gate, scale, shift) = (gate ?? zeros(2, 1, 24), scale ?? zeros(2, 1, 24), shift ?? zeros(2, 1, 24));
        TensorLeaks.AssertNone(() => Assert.Equal(
            $"{name}: {message} (Parameter '{name}')",
            Assert.Throws<ArgumentException>(() => AdaptiveLayerNorm.AddGatedAndApply(x, branch, gate, scale, shift)).Message));
    }
}
