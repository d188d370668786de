using System.Reflection;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Attention;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class DiskCacheKeyTests
{
    private static readonly KernelSource Source = new(".target sm_80\nld.param.b32 %r1, [_a_5];", "Kernel_A");
    private static readonly ComputeCapability Hopper = new(9, 0);

    [Fact]
    public void Everything_that_decides_the_machine_code_is_in_the_key()
    {
        DiskCacheKey[] keys =
        [
            DiskCacheKey.Of(Source, Hopper, 13000, "1.0.0"),
            DiskCacheKey.Of(Source with { Ptx = ".target sm_90\nld.param.b32 %r1, [_a_5];" }, Hopper, 13000, "1.0.0"),
            DiskCacheKey.Of(Source with { EntryPoint = "Kernel_B" }, Hopper, 13000, "1.0.0"),
            DiskCacheKey.Of(Source with { MaxRegisters = 128 }, Hopper, 13000, "1.0.0"),
            DiskCacheKey.Of(Source, new ComputeCapability(9, 1), 13000, "1.0.0"),
            DiskCacheKey.Of(Source, new ComputeCapability(8, 0), 13000, "1.0.0"),
            DiskCacheKey.Of(Source, Hopper, 12080, "1.0.0"),
            DiskCacheKey.Of(Source, Hopper, 13000, "1.0.1"),
            DiskCacheKey.Of(Source with { Ptx = "", EntryPoint = Source.EntryPoint + Source.Ptx }, Hopper, 13000, "1.0.0"),
        ];

        Assert.Equal(keys.Length, keys.Select(key => key.ToString()).Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{64}$", key.ToString()));
    }

    [Fact]
    public void The_same_kernel_compiled_again_has_the_same_key() => Assert.Equal(
        DiskCacheKey.Of(Source, Hopper, 13000, "1.0.0").ToString(),
        DiskCacheKey.Of(Source with { Ptx = Source.Ptx.Replace("_a_5", "_a_99", StringComparison.Ordinal) }, Hopper, 13000, "1.0.0").ToString());

    [Fact]
    public void Every_kernel_of_attention_has_ptx_of_its_own()
    {
        (MethodInfo Kernel, LaunchBounds Bounds)[] kernels =
            [.. Enum.GetValues<AttentionElement>().SelectMany(AllVariants.Of).Select(variant => (variant.Kernel, variant.Bounds)).Distinct()];

        Assert.True(kernels.Length > 70);
        Assert.Equal(kernels.Length, kernels.Select(kernel => DiskCacheKey.OfMethod(kernel.Kernel, PtxTarget.Sm90a, kernel.Bounds).ToString()).Distinct().Count());
    }

    [Fact]
    public void Type_arguments_within_type_arguments_are_in_the_key_of_ptx()
    {
        MethodInfo kernel = ((Action)OfType<int>).Method.GetGenericMethodDefinition();
        string[] keys = [.. ((Type[])[typeof(List<int>), typeof(List<long>), typeof(List<List<int>>), typeof(List<List<long>>)])
            .Select(type => DiskCacheKey.OfMethod(kernel.MakeGenericMethod(type), PtxTarget.Sm80, new LaunchBounds(128)).ToString())];

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    private static void OfType<T>()
    {
    }
}
