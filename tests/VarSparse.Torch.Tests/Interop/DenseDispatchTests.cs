using VarSparse.Kernels;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;

namespace VarSparse.Torch.Tests.Interop;

public sealed class DenseDispatchTests
{
    private static readonly SparsePattern Dense = SparsePattern.Dense(5, 3);

    [Fact]
    public void Only_a_call_for_every_pair_without_bias_or_sums_is_dense()
    {
        Assert.Null(DenseDispatch.WhyNotDense(Dense, withLogSumExp: false));
        Assert.Null(DenseDispatch.WhyNotDense(SparsePattern.FromDenseMask(new[,] { { true, true } }, QueryTiles.Raster(1, 16)), withLogSumExp: false));
        Assert.Equal("it gives no log-sum-exp", DenseDispatch.WhyNotDense(Dense, withLogSumExp: true));
        Assert.Equal("keys have a bias", DenseDispatch.WhyNotDense(Dense.WithKeyBias([0, 1, 2]), withLogSumExp: false));
        Assert.Equal(
            "not every query sees every key",
            DenseDispatch.WhyNotDense(SparsePattern.FromKeyLists(QueryTiles.Raster(5, 16), 3, [[0, 2]]), withLogSumExp: false));
    }

    [Theory]
    [InlineData("Hopper", "BFloat16", 9, 0, "its plan for each new shape costs more than it gains")]
    [InlineData("Hopper", "Float16", 9, 0, "its plan for each new shape costs more than it gains")]
    [InlineData("Ampere", "BFloat16", 9, 0, null)]
    [InlineData("Ampere", "BFloat16", 8, 0, null)]
    [InlineData("Ampere", "Float16", 12, 0, null)]
    [InlineData("Portable", "Float32", 9, 0, null)]
    [InlineData("Portable", "BFloat16", 8, 6, null)]
    [InlineData("Portable", "Float32", 7, 5, null)]
    [InlineData("Portable", "Float16", 7, 5, null)]
    [InlineData("Portable", "BFloat16", 7, 5, "it has no fused kernel for BFloat16 at compute capability 7.5")]
    public void Dense_attention_stays_with_the_Hopper_kernel_and_where_torch_has_none(string backend, string element, int major, int minor, string? why) =>
        Assert.Equal(why, DenseDispatch.WhyNotFaster(Enum.Parse<AttentionBackend>(backend), Enum.Parse<AttentionElement>(element), new(major, minor)));

    [Fact]
    public void One_line_says_who_computes_a_call_and_why_not_the_others()
    {
        var capability = new ComputeCapability(8, 9);
        KernelExplanation hopper = new(AttentionBackend.Hopper, []);
        KernelExplanation ampere = new(AttentionBackend.Ampere, ["Hopper kernel not used: compute capability 8.9 is not 9.0"]);
        KernelExplanation none = new(null, ["Portable kernel not used: too many heads"]);
        string Explain(KernelExplanation ours, string? whyNotDense) => DenseDispatch.Explain(ours, whyNotDense, AttentionElement.Float16, capability);

        Assert.Equal(
            "torch used: every query sees every key; Ampere kernel not used: torch is faster; Hopper kernel not used: compute capability 8.9 is not 9.0",
            Explain(ampere, null));
        Assert.Equal(
            "Ampere kernel used; Hopper kernel not used: compute capability 8.9 is not 9.0; torch not used: keys have a bias", Explain(ampere, "keys have a bias"));
        Assert.Equal("Hopper kernel used; torch not used: its plan for each new shape costs more than it gains", Explain(hopper, null));
        Assert.Equal("no kernel can run this; Portable kernel not used: too many heads", Explain(none, null));
    }
}
