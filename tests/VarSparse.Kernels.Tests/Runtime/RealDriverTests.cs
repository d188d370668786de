using System.Diagnostics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>The same runtime on this machine's NVIDIA driver; skipped, with the reason, where there is none.</summary>
public sealed class RealDriverTests
{
    [Fact]
    public void The_device_describes_itself()
    {
        using CudaDevice device = Open();
        CudaDeviceProperties properties = device.Properties;

        Assert.False(string.IsNullOrWhiteSpace(properties.Name));
        Assert.InRange(properties.ComputeCapability.Major, 3, 99);
        Assert.InRange(properties.MultiprocessorCount, 1, 10_000);
        Assert.InRange(properties.MaxThreadsPerBlock, 512, 4096);
        Assert.InRange(properties.SharedMemoryPerBlock, 16 << 10, 1 << 20);
        Assert.InRange(properties.SharedMemoryPerBlockOptIn, properties.SharedMemoryPerBlock, 1 << 20);
        Assert.InRange(properties.SharedMemoryPerMultiprocessor, properties.SharedMemoryPerBlockOptIn, 1 << 20);
        Assert.InRange(properties.L2CacheBytes, 1, 1 << 30);
        Assert.InRange(properties.DriverVersion, 11000, 99999);
        (long free, long total) = device.MemoryInfo();
        Assert.InRange(free, 1, total);
        Assert.InRange(total, 1, properties.MemoryBytes);
    }

    [Fact]
    public void The_threads_context_is_left_as_it_was()
    {
        using CudaDevice device = Open();
        device.Driver.CtxGetCurrent(out nint before);
        using DeviceMemory memory = device.Allocate(64);
        memory.Upload<int>([1, 2, 3]);
        device.Synchronize();
        device.Driver.CtxGetCurrent(out nint after);

        Assert.Equal(before, after);
    }

    [Fact]
    public void A_kernel_computes_on_the_default_stream_and_on_one_of_its_own()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Scale);
        using CudaStream stream = device.CreateStream(CudaStreamFlags.NonBlocking);
        using CudaEvent start = device.CreateEvent(), end = device.CreateEvent();
        const int Count = 10_001;
        float[] values = [.. Enumerable.Range(0, Count).Select(i => i + 0.5f)], results = new float[Count];
        using DeviceMemory memory = device.Allocate(Count * sizeof(float));
        memory.Upload<float>(values);

        kernel.Launch(new LaunchShape((Count + 127) / 128, 128), SamplePtx.ScaleArguments(memory.Address, Count, 2f));
        start.Record();
        stream.WaitFor(start);
        kernel.Launch(new LaunchShape((Count + 127) / 128, 128), SamplePtx.ScaleArguments(memory.Address, Count - 1, 4f), stream.Handle);
        end.Record(stream.Handle);
        end.Synchronize();
        memory.Download<float>(results);

        Assert.Equal(values.Select((value, i) => value * (i < Count - 1 ? 8 : 2)), results);
        Assert.InRange(end.MillisecondsSince(start), 0, 10_000);
    }

    [Fact]
    public void A_struct_argument_arrives_whole()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Struct);
        using DeviceMemory memory = device.Allocate(16);

        kernel.Launch(new LaunchShape(1, 1), new StructArgument(memory.Address, -5_000_000_000, 77, 1.5f));

        var words = new int[4];
        memory.Download<int>(words);
        Assert.Equal(-5_000_000_000, words[0] & 0xFFFFFFFFL | (long)words[1] << 32);
        Assert.Equal((77, 1.5f), (words[2], BitConverter.Int32BitsToSingle(words[3])));
    }

    [Fact]
    public void A_block_gets_all_the_shared_memory_the_device_allows()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Shared);
        const int Threads = 256;
        using DeviceMemory memory = device.Allocate(Threads * sizeof(int));
        LaunchArguments arguments = default;
        arguments.Add(memory.Address);
        arguments.Add(kernel.MaxDynamicSharedBytes);

        kernel.Launch(new LaunchShape(1, Threads, kernel.MaxDynamicSharedBytes), arguments);

        var results = new int[Threads];
        memory.Download<int>(results);
        Assert.Equal(Enumerable.Range(0, Threads).Reverse(), results);
        Assert.InRange(kernel.MaxDynamicSharedBytes, device.Properties.SharedMemoryPerBlock, int.MaxValue);
    }

    [Fact]
    public unsafe void Copies_and_fills_do_what_they_say()
    {
        using CudaDevice device = Open();
        using DeviceMemory first = device.Allocate(64), second = device.Allocate(64);
        int[] source = [.. Enumerable.Range(1, 16)], results = new int[16];

        fixed (int* from = source)
        fixed (int* to = results)
        {
            first.UploadAsync(from, 64);
            second.FillAsync(-1);
            second.CopyFromAsync(first.Address + 32, 16, byteOffset: 16);
            second.DownloadAsync(to, 64);
            device.SynchronizeStream();
        }
        Assert.Equal([-1, -1, -1, -1, 9, 10, 11, 12, -1, -1, -1, -1, -1, -1, -1, -1], results);
        second.ClearAsync();
        second.Download<int>(results);
        Assert.All(results, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Attributes_tell_local_memory_from_none()
    {
        using CudaDevice device = Open();
        using LoadedKernel clean = Load(device, SamplePtx.Scale), local = Load(device, SamplePtx.Local);

        Assert.Equal(0, clean.Attributes.LocalBytes);
        Assert.InRange(clean.Attributes.Registers, 1, 255);
        Assert.InRange(local.Attributes.LocalBytes, 1024, 4096);
        ComputeCapability capability = device.Properties.ComputeCapability;
        Assert.Equal(capability.Major, clean.Attributes.BinaryVersion / 10);
    }

    [Fact]
    public void Ptx_that_does_not_compile_gives_the_compilers_words()
    {
        using CudaDevice device = Open();
        KernelSource broken = SamplePtx.Scale with
        {
            Ptx = SamplePtx.Scale.Ptx.Replace("mul.f32 %f3, %f2, %f1;", "mul.f32 %f3, %f2, %no_such_register;", StringComparison.Ordinal),
        };

        CudaException error = Assert.Throws<CudaException>(() => Load(device, broken));

        Assert.StartsWith("cuModuleLoadDataEx of kernel 'Kernel_Scale' failed: CUDA_ERROR_INVALID_PTX (", error.Message, StringComparison.Ordinal);
        Assert.Contains("no_such_register", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        CudaException linkError = Assert.Throws<CudaException>(() => ModuleLinker.Link(device.Context, broken, out _));
        Assert.Contains("no_such_register", linkError.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_launch_that_cannot_run_names_itself_and_spoils_nothing()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Scale);
        using DeviceMemory memory = device.Allocate(4);
        memory.Upload<float>([3f]);

        CudaException error = Assert.Throws<CudaException>(
            () => kernel.Launch(new LaunchShape(1, 4096), SamplePtx.ScaleArguments(memory.Address, 1, 2f)));

        Assert.StartsWith(
            "cuLaunchKernel of kernel 'Kernel_Scale', grid (1, 1, 1), block (4096, 1, 1), 0 bytes of dynamic shared memory failed: CUDA_ERROR_INVALID_VALUE (",
            error.Message,
            StringComparison.Ordinal);
        kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(memory.Address, 1, 2f));
        float[] result = new float[1];
        memory.Download<float>(result);
        Assert.Equal(6f, result[0]);
    }

    [Fact]
    public void Asking_for_more_memory_than_there_is_says_how_much()
    {
        using CudaDevice device = Open();

        CudaException error = Assert.Throws<CudaException>(() => device.Allocate(1L << 50));

        Assert.StartsWith("cuMemAlloc_v2 of 1125899906842624 bytes failed: CUDA_ERROR_OUT_OF_MEMORY (", error.Message, StringComparison.Ordinal);
        using DeviceMemory next = device.Allocate(1024);
    }

    [Fact]
    public void The_second_load_comes_from_disk_and_computes_the_same()
    {
        using CudaDevice device = Open();
        using var temporary = new TemporaryFolder();
        for (int round = 0; round < 2; round++)
        {
            var disk = new DiskCache(new DiskCacheLocation(temporary.Path, null));
            using LoadedKernel kernel = new KernelLoader(device, disk).Load(SamplePtx.Scale);
            using DeviceMemory memory = device.Allocate(4);
            memory.Upload<float>([3f]);
            kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(memory.Address, 1, 2f));
            float[] result = new float[1];
            memory.Download<float>(result);

            Assert.Equal(6f, result[0]);
            Assert.Null(disk.Problem);
            string entry = Assert.Single(Directory.GetFiles(temporary.Path));

            // A header alone would mean that the linker spoils even this kernel and nothing is ever kept.
            Assert.InRange(new FileInfo(entry).Length, DiskCacheEntry.HeaderBytes + 1, 1 << 20);
        }
    }

    [Fact]
    public async Task Threads_that_share_a_kernel_do_not_disturb_each_other()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Scale);
        const int Threads = 4, Rounds = 10;
        Task[] tasks = [.. Enumerable.Range(0, Threads).Select(i => Task.Run(
            () =>
            {
                using DeviceMemory memory = device.Allocate(4);
                memory.Upload<float>([i + 1]);
                for (int round = 0; round < Rounds; round++)
                    kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(memory.Address, 1, 2f));
                float[] result = new float[1];
                memory.Download<float>(result);
                Assert.Equal((i + 1) * 1024f, result[0]);
            },
            TestContext.Current.CancellationToken))];
        await Task.WhenAll(tasks);
    }

    [Fact]
    public void A_launch_costs_the_host_less_than_ten_microseconds()
    {
        using CudaDevice device = Open();
        using LoadedKernel kernel = Load(device, SamplePtx.Scale);

        // Bursts shorter than the launch queue, so that the GPU's own pace is not measured; the best one, as others use the CPU too.
        const int Bursts = 50, Launches = 200;
        double best = double.MaxValue;
        for (int burst = 0; burst < Bursts; burst++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Launches; i++) kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(0, 0, 1f));
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Launches);
            device.SynchronizeStream();
        }

        TestContext.Current.SendDiagnosticMessage("a launch took {0:F2} microseconds of host time", best);
        Assert.InRange(best, 0, 10);
    }

    private static CudaDevice Open()
    {
        Assert.SkipUnless(CudaDriver.TryLoad(out _, out string? reason), $"needs a CUDA device: {reason}");
        return CudaDevice.Open();
    }

    private static LoadedKernel Load(CudaDevice device, KernelSource source) =>
        LoadedKernel.Create(device, KernelModule.LoadPtx(device.Context, source), source);

    private readonly record struct StructArgument(ulong Address, long Long, int Int, float Float);
}
