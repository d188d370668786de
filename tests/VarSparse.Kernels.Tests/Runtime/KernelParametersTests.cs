using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class KernelParametersTests
{
    [Fact]
    public void Sizes_are_those_of_what_ilgpu_writes() =>
        Assert.Equal([16, 16, 4, 8, 1], KernelParameters.Sizes(IlgpuPtx.Compile(nameof(IlgpuPtx.Scale)), "Kernel_Scale"));

    [Theory]
    [InlineData(".visible .entry K(\n\t.param .b64 _p_1,\n\t.param .b32 _n_2\n)\n{", new[] { 8, 4 })]
    [InlineData(".entry K ( .param .u64 .ptr .global .align 16 p, .param .s16 s, .param .f64 d )", new[] { 8, 2, 8 })]
    [InlineData(".visible .entry K(.param .align 16 .b8 block[4000])", new[] { 4000 })]
    [InlineData(".visible .entry K(.param .align 8 .b64 words_2[3], .param .b128 q)", new[] { 24, 16 })]
    [InlineData(".visible .entry K()\n{", new int[0])]
    [InlineData(".visible .entry K\n.maxntid 128, 1, 1\n{ .param .b32 call_argument; }", new int[0])]
    [InlineData(".visible .entry K2(.param .b32 a)\n{}\n.visible .entry K(.param .b64 a) .maxntid 32, 1, 1 {}", new[] { 8 })]
    public void Sizes_follow_the_parameter_list(string ptx, int[] sizes) => Assert.Equal(sizes, KernelParameters.Sizes(ptx, "K"));

    [Theory]
    [InlineData(".visible .entry Kernel_A() {}\n.entry Kernel_B(.param .b32 x) {}", "'Kernel_A', 'Kernel_B'")]
    [InlineData(".func K() {}", "none")]
    public void A_missing_entry_is_named_with_those_there_are(string ptx, string there)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => KernelParameters.Sizes(ptx, "K"));
        Assert.StartsWith($"entryPoint: the PTX has no entry 'K', it has {there}", error.Message, StringComparison.Ordinal);
    }
}
