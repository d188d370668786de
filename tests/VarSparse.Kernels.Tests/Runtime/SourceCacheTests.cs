using System.Reflection;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class SourceCacheTests : IDisposable
{
    private static readonly MethodInfo s_first = ((Action)First).Method;
    private static readonly MethodInfo s_second = ((Action)Second).Method;
    private static readonly LaunchBounds s_bounds = new(128);

    private readonly TemporaryFolder _temporary = new();
    private readonly CountingCompiler _compiler = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_later_process_asks_for_no_compiler()
    {
        KernelSource made = Open().Get(s_first, PtxTarget.Sm90a, s_bounds);
        var later = new SourceCache(Disk(), () => throw new InvalidOperationException("a compiler was asked for"));

        Assert.Equal(made, later.Get(s_first, PtxTarget.Sm90a, s_bounds));
        Assert.Equal(new KernelSource("first\ntext of First for sm_90a, 128", "Kernel_First"), made);
    }

    [Fact]
    public void Another_method_target_or_bound_is_another_kernel()
    {
        SourceCache cache = Open();
        cache.Get(s_first, PtxTarget.Sm90a, s_bounds);
        cache.Get(s_second, PtxTarget.Sm90a, s_bounds);
        cache.Get(s_first, PtxTarget.Sm90, s_bounds);
        cache.Get(s_first, PtxTarget.Sm90a, new LaunchBounds(256));
        cache.Get(s_first, PtxTarget.Sm90a, new LaunchBounds(128, 2));
        cache.Get(s_first, PtxTarget.Sm90a, s_bounds);

        Assert.Equal(5, _compiler.Count);
    }

    [Fact]
    public void A_damaged_entry_is_compiled_anew_and_replaced()
    {
        KernelSource made = Open().Get(s_first, PtxTarget.Sm80, s_bounds);
        string file = Assert.Single(Directory.GetFiles(_temporary.Path));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);

        Assert.Equal(made, Open().Get(s_first, PtxTarget.Sm80, s_bounds));
        Assert.Equal(made, Open().Get(s_first, PtxTarget.Sm80, s_bounds));
        Assert.Equal(2, _compiler.Count);
    }

    [Fact]
    public void Without_a_folder_everything_is_compiled()
    {
        var cache = new SourceCache(new DiskCache(new DiskCacheLocation(null, "off")), () => _compiler);
        cache.Get(s_first, PtxTarget.Sm80, s_bounds);
        cache.Get(s_first, PtxTarget.Sm80, s_bounds);

        Assert.Equal(2, _compiler.Count);
    }

    private static void First()
    {
    }

    private static void Second()
    {
    }

    private DiskCache Disk() => new(new DiskCacheLocation(_temporary.Path, null));

    private SourceCache Open() => new(Disk(), () => _compiler);

    private sealed class CountingCompiler : IKernelCompiler
    {
        public int Count { get; private set; }

        public PtxKernel Compile(MethodInfo kernel, PtxTarget target, LaunchBounds bounds)
        {
            Count++;
            return new PtxKernel($"first\ntext of {kernel.Name} for {target}, {bounds.MaxThreads}", "Kernel_" + kernel.Name, [], target);
        }

        public void Dispose()
        {
        }
    }
}
