using VarSparse.Kernels.Runtime;

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
}
