using TorchSharp;
using VarSparse.Core.Tests.Attention;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Interop;

/// <summary>How dense attention on a GPU is computed by torch, on the CPU.</summary>
public sealed class TorchAttentionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_scale_is_honoured()
    {
        SparsePattern pattern = SparsePattern.Dense(37, 51);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 1, 2, 3, pattern, 48);
        foreach (double scale in new[] { 1 / Math.Sqrt(48), 0, 0.3, -0.2, 1 })
        {
            double error = AttentionInTorch.RelativeError(
                TorchAttention.Run(q, k, v, bias: null, scale), AttentionInTorch.Reference(q, k, v, pattern, scale).Output);
            Assert.True(error <= 4 * Tolerances.Relative<float>(), $"scale {scale}, seed 1: relative error {error:E2}");
        }
    }

    [Fact]
    public void Results_come_in_the_order_of_q_and_are_copied_only_where_they_lie_otherwise()
    {
        Tensor headsFirst = arange(2 * 3 * 4 * 8).reshape(2, 3, 4, 8), tokensFirst = headsFirst.transpose(1, 2).contiguous().transpose(1, 2);
        Tensor packed = zeros([2, 4, 3, 3, 8]).select(2, 1).transpose(1, 2);
        foreach (Tensor output in new[] { headsFirst, tokensFirst })
        {
            foreach (Tensor q in new[] { headsFirst, tokensFirst, packed })
            {
                Tensor result = AttentionResult.InOrderOf(q, output);
                Assert.True(result.equal(output).all().item<bool>(), "other elements");
                Assert.Equal(AttentionResult.Empty(q).stride(), result.stride());
                Assert.Equal(ReferenceEquals(q, headsFirst) == ReferenceEquals(output, headsFirst), TensorPointer.Of(result) == TensorPointer.Of(output));
            }
        }
    }

    [Fact]
    public void Nothing_leaks()
    {
        SparsePattern pattern = SparsePattern.Dense(5, 7);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 2, 1, 2, pattern, 8);
        Tensor transposed = q.transpose(1, 2).contiguous().transpose(1, 2);
        TensorLeaks.AssertNone(() =>
        {
            using Tensor output = TorchAttention.Run(q, k, v, bias: null, scale: 0.7);
            AttentionResult.InOrderOf(q, output).Dispose();
            AttentionResult.InOrderOf(transposed, output).Dispose();
        });
    }
}
