using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class KernelCacheTests : IDisposable
{
    private const int Threads = 8;

    private readonly FakeCudaDriver _driver = new();
    private readonly CudaDevice _device;
    private readonly KernelLoader _loader;
    private int _made;

    public KernelCacheTests()
    {
        _device = CudaDevice.Open(_driver, 0);
        _loader = new KernelLoader(_device, new DiskCache(new DiskCacheLocation(null, "off")));
    }

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Fact]
    public void A_key_is_made_once_however_many_threads_ask()
    {
        using var cache = new KernelCache<int>(_loader, Make);
        using var start = new Barrier(Threads);
        var kernels = new LoadedKernel[Threads][];
        RunThreads(Threads, i =>
        {
            start.SignalAndWait(TestContext.Current.CancellationToken);
            kernels[i] = [cache.Get(1), cache.Get(2), cache.Get(1)];
        });

        Assert.All(kernels, got => Assert.Equal(kernels[0], got));
        Assert.NotSame(kernels[0][0], kernels[0][1]);
        Assert.Equal((2, 2), (_made, _driver.LiveModules));
    }

    [Fact]
    public void Making_one_kernel_holds_up_nobody_who_asks_for_another()
    {
        using var otherIsThere = new ManualResetEventSlim();
        using var cache = new KernelCache<int>(_loader, key =>
        {
            if (key == 1) Assert.True(otherIsThere.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            return Make(key);
        });
        RunThreads(2, i =>
        {
            cache.Get(i + 1);
            if (i == 1) otherIsThere.Set();
        });

        Assert.Equal(2, _made);
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_next_request_tries_again()
    {
        using var cache = new KernelCache<int>(_loader, Make);
        _driver.Fail(nameof(CudaNative.cuModuleLoadDataEx) + " ptx", CudaResult.OutOfMemory, times: 1);

        Assert.Throws<CudaException>(() => cache.Get(1));
        LoadedKernel kernel = cache.Get(1);

        Assert.Same(kernel, cache.Get(1));
        Assert.Equal(2, _made);
    }

    [Fact]
    public void A_hit_allocates_nothing()
    {
        using var cache = new KernelCache<(int Head, AttentionElement Element)>(_loader, key => Make(key.Head));
        LoadedKernel kernel = cache.Get((128, AttentionElement.BFloat16));
        bool same = true;
        for (int i = 0; i < 100; i++) same &= ReferenceEquals(kernel, cache.Get((128, AttentionElement.BFloat16)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) same &= ReferenceEquals(kernel, cache.Get((128, AttentionElement.BFloat16)));

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(same);
    }

    [Fact]
    public void Disposal_disposes_every_kernel_and_ends_the_cache()
    {
        var cache = new KernelCache<int>(_loader, Make);
        LoadedKernel kernel = cache.Get(1);
        cache.Get(2);

        cache.Dispose();
        cache.Dispose();

        Assert.Equal(0, _driver.LiveModules);
        Assert.Throws<ObjectDisposedException>(() => cache.Get(1));
        Assert.Throws<ObjectDisposedException>(() => cache.Get(3));
        Assert.Throws<ObjectDisposedException>(() => kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(0, 0, 0f)));
    }

    [Fact]
    public void Disposal_waits_for_a_kernel_that_is_being_made_and_disposes_it()
    {
        using var making = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var cache = new KernelCache<int>(_loader, key =>
        {
            making.Set();
            goOn.Wait(TestContext.Current.CancellationToken);
            return Make(key);
        });
        RunThreads(2, i =>
        {
            if (i == 0)
            {
                cache.Get(1);
                return;
            }
            making.Wait(TestContext.Current.CancellationToken);
            var disposal = Task.Run(cache.Dispose, TestContext.Current.CancellationToken);
            Assert.False(disposal.Wait(50, TestContext.Current.CancellationToken));
            goOn.Set();
            disposal.Wait(TestContext.Current.CancellationToken);
        });

        Assert.Equal((1, 0), (_made, _driver.LiveModules));
    }

    [Fact]
    public void Whoever_wins_the_race_with_disposal_no_kernel_is_left_behind()
    {
        for (int round = 0; round < 200; round++)
        {
            var cache = new KernelCache<int>(_loader, Make);
            using var start = new Barrier(3);
            RunThreads(3, i =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                if (i == 0)
                {
                    cache.Dispose();
                    return;
                }
                try
                {
                    cache.Get(i);
                }
                catch (ObjectDisposedException)
                {
                    // The disposal came first.
                }
            });
            Assert.True(_driver.LiveModules == 0, $"round {round} left {_driver.LiveModules} modules");
        }
    }

    private static void RunThreads(int count, Action<int> body)
    {
        Task[] tasks = [.. Enumerable.Range(0, count).Select(i => Task.Factory.StartNew(
            () => body(i), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WaitAll(tasks, TestContext.Current.CancellationToken);
    }

    private KernelSource Make(int key)
    {
        Interlocked.Increment(ref _made);
        return SamplePtx.Scale with { Ptx = $"// {key}\n{SamplePtx.Scale.Ptx}" };
    }
}
