using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class IlgpuKernelCompilerTests(KernelLab lab)
{
    private struct Strides(long row, int column)
    {
        public long Row = row;
        public int Column = column;
    }

    private static readonly MethodInfo Kernel = ((Action<ulong, ArrayView<float>, Strides, int>)Fill).Method;

    private static void Fill(ulong address, ArrayView<float> view, Strides strides, int count)
    {
        if (Group.IdxX >= count)
            return;
        view[Group.IdxX * strides.Row] = 1;
        GlobalBytes.Store4(address, NeverInlined((uint)strides.Column));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint NeverInlined(uint value) => (value * value) + 1;

    private interface IStages
    {
        static abstract int Count { get; }
    }

    private readonly struct ThreeStages : IStages
    {
        public static int Count => 3;
    }

    private static void WaitAsConfigured<TStages>(ulong address)
        where TStages : struct, IStages
    {
        AsyncCopy.Wait(TStages.Count - 1);
        GlobalBytes.Store4(address, 0);
    }

    private static void BranchOnLoad(ulong address)
    {
        if (GlobalBytes.Load4(address) > 5)
            NamedBarrier.Sync(1, 32);
        GlobalBytes.Store4(address, 0);
    }

    private static void WaitForSome(ulong address) => AsyncCopy.Wait((int)address);

    [Fact]
    public void Names_the_entry_and_lays_out_parameters_as_a_launch_must_pass_them()
    {
        var kernel = lab.Compile(Kernel, PtxTarget.Sm80);
        Assert.Equal("Kernel_Fill", kernel.EntryName);
        Assert.Equal(["address", "view", "strides", "count"], kernel.Parameters.Select(parameter => parameter.Name));
        Assert.Equal([8, 16, 16, 4], kernel.Parameters.Select(parameter => parameter.Bytes));
        Assert.Equal([8, 8, 8, 4], kernel.Parameters.Select(parameter => parameter.Alignment));
        Assert.Equal(typeof(ArrayView<float>), kernel.Parameters[1].Type);
    }

    [Theory]
    [InlineData(7, 5, false, "sm_75", "6.3")]
    [InlineData(8, 0, false, "sm_80", "7.1")]
    [InlineData(8, 9, false, "sm_89", "7.8")]
    [InlineData(9, 0, true, "sm_90a", "8.0")]
    [InlineData(10, 0, false, "sm_100", "8.6")]
    [InlineData(12, 0, false, "sm_120", "8.7")]
    public void Writes_the_real_architecture(int major, int minor, bool specific, string name, string version)
    {
        var kernel = lab.Compile(Kernel, new PtxTarget(major, minor, specific), threads: 96);
        PtxAssert.Contains(kernel, 1, $".target {name}\n");
        PtxAssert.Contains(kernel, 1, $".version {version}\n");
        PtxAssert.Contains(kernel, 1, ".maxntid 96, 1, 1");
    }

    [Fact]
    public void Keeps_called_functions_and_drops_the_empty_ones_of_intrinsics()
    {
        var kernel = lab.Compile(Kernel, PtxTarget.Sm80);
        PtxAssert.Contains(kernel, 2, ".visible .func (.param .b32 retval_");
        PtxAssert.Contains(kernel, 3, "NeverInlined_");
        PtxAssert.Contains(kernel, 0, "Store4");
    }

    [Fact]
    public void Normalized_text_of_two_compilations_is_the_same_and_of_two_kernels_is_not()
    {
        var first = lab.Compile(Kernel, PtxTarget.Sm80);
        var second = lab.Compile(Kernel, PtxTarget.Sm80);
        using var freshCompiler = new IlgpuKernelCompiler();
        var fresh = freshCompiler.Compile(Kernel, PtxTarget.Sm80, new LaunchBounds(128));
        var other = lab.Compile(Kernel, PtxTarget.Sm90);
        Assert.Equal(first.NormalizedText, second.NormalizedText);
        Assert.Equal(first.NormalizedText, fresh.NormalizedText);
        Assert.NotEqual(first.NormalizedText, other.NormalizedText);
    }

    [Fact]
    public void Says_which_immediate_is_not_constant()
    {
        var error = Assert.ThrowsAny<Exception>(() => lab.Compile(((Action<ulong>)WaitForSome).Method, PtxTarget.Sm80));
        Assert.Contains("Wait: argument pending is a run-time value", error.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Immediates_may_come_from_a_configuration_type()
    {
        var kernel = lab.Compile(((Action<ulong>)WaitAsConfigured<ThreeStages>).Method, PtxTarget.Sm80);
        PtxAssert.Contains(kernel, 1, "cp.async.wait_group 2;");
    }

    [Fact]
    public void Branches_on_results_of_intrinsics_are_not_called_uniform()
    {
        var kernel = lab.Compile(((Action<ulong>)BranchOnLoad).Method, PtxTarget.Sm80);
        Assert.Contains("@%p1 bra\t", kernel.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"@!?%p\d+ bra\.uni", kernel.Text);
    }

    [Fact]
    public void Refuses_what_is_no_kernel()
    {
        var error = Assert.Throws<ArgumentException>(() => lab.Compile(((Func<uint, uint>)NeverInlined).Method, PtxTarget.Sm80));
        Assert.Contains("NeverInlined", error.Message, StringComparison.Ordinal);
    }
}
