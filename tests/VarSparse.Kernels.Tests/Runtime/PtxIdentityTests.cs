using ILGPU;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class PtxIdentityTests
{
    [Fact]
    public void Compiling_a_kernel_again_gives_other_text_and_the_same_identity()
    {
        using Context context = Context.Create(builder => builder.Default());
        string first = IlgpuPtx.Compile(context, nameof(IlgpuPtx.Scale));
        string other = IlgpuPtx.Compile(context, nameof(IlgpuPtx.ScaleFaster));
        string second = IlgpuPtx.Compile(context, nameof(IlgpuPtx.Scale));

        Assert.NotEqual(first, second);
        Assert.Equal(PtxIdentity.Of(first), PtxIdentity.Of(second));
        Assert.NotEqual(PtxIdentity.Of(first), PtxIdentity.Of(other));
    }

    [Theory]
    [InlineData("ld.param.b32 %r1, [_a_5]; // five", "  ld.param.b32\t%r1, [_a_77];\r\n\r\n")]
    [InlineData("/* one\ntwo */ add.s32 %r1, %r2, 3;", "add.s32 %r1, %r2, 3;")]
    [InlineData("bra L_1; bra L_2; L_1: ret;", "bra L_31; bra L_4; L_31: ret;")]
    public void Numbers_in_names_comments_and_spacing_do_not_count(string one, string same) =>
        Assert.Equal(PtxIdentity.Of(one), PtxIdentity.Of(same));

    [Theory]
    [InlineData("add.s32 %r1, %r2, 3;", "add.s32 %r1, %r2, 4;")]
    [InlineData("add.s32 %r1, %r2, 3;", "add.s32 %r1, %r3, 3;")]
    [InlineData("bra L_1; bra L_2; L_1: ret;", "bra L_1; bra L_2; L_2: ret;")]
    [InlineData("bra L_1; bra L_2;", "bra L_1; bra L_1;")]
    [InlineData("ld.param.b32 %r1, [_a_5+8];", "ld.param.b32 %r1, [_a_5+12];")]
    [InlineData(".target sm_80", ".target sm_90")]
    [InlineData(".target sm_90", ".target sm_90a")]
    [InlineData(".version 7.0", ".version 8.3")]
    public void Everything_else_does(string one, string other) => Assert.NotEqual(PtxIdentity.Of(one), PtxIdentity.Of(other));
}
