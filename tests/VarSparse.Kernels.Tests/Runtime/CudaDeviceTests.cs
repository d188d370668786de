using System.Runtime.CompilerServices;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class CudaDeviceTests
{
    [Fact]
    public void Properties_are_the_drivers()
    {
        using var driver = new FakeCudaDriver();
        using CudaDevice device = CudaDevice.Open(driver, 0);

        Assert.Equal(
            new CudaDeviceProperties
            {
                Ordinal = 0,
                Name = "Fake H100",
                ComputeCapability = new ComputeCapability(9, 0),
                MultiprocessorCount = 132,
                MaxThreadsPerBlock = 1024,
                SharedMemoryPerBlock = 49152,
                SharedMemoryPerBlockOptIn = 232448,
                SharedMemoryPerMultiprocessor = 233472,
                L2CacheBytes = 50 << 20,
                MemoryBytes = 80L << 30,
                DriverVersion = 13000,
            },
            device.Properties);
        Assert.Equal((70, 80), device.MemoryInfo());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void An_ordinal_out_of_range_says_what_there_is(int ordinal)
    {
        using var driver = new FakeCudaDriver { DeviceCount = 2 };

        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => CudaDevice.Open(driver, ordinal));

        Assert.StartsWith($"device {ordinal} was asked for, expected 0 to 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, driver.RetainCount);
    }

    [Fact]
    public void A_driver_without_devices_is_no_cuda()
    {
        using var driver = new FakeCudaDriver { DeviceCount = 0 };

        Assert.Equal(
            "CUDA is not available: the NVIDIA driver shows no device",
            Assert.Throws<CudaNotAvailableException>(() => CudaDevice.Open(driver, 0)).Message);
    }

    [Theory]
    [InlineData(nameof(CudaNative.cuDeviceGetCount), "cuDeviceGetCount failed: ")]
    [InlineData(nameof(CudaNative.cuDeviceGet), "cuDeviceGet of device 0 failed: ")]
    [InlineData(nameof(CudaNative.cuDeviceGetName), "cuDeviceGetName of device 0 failed: ")]
    [InlineData(nameof(CudaNative.cuDeviceTotalMem_v2), "cuDeviceTotalMem_v2 of device 0 failed: ")]
    [InlineData(nameof(CudaNative.cuDeviceGetAttribute), "cuDeviceGetAttribute ComputeCapabilityMajor of device 0 failed: ")]
    [InlineData(nameof(CudaNative.cuDriverGetVersion), "cuDriverGetVersion failed: ")]
    [InlineData(nameof(CudaNative.cuDevicePrimaryCtxRetain), "cuDevicePrimaryCtxRetain on device 0 failed: ")]
    public void A_failure_to_open_names_the_call_and_retains_nothing(string call, string start)
    {
        using var driver = new FakeCudaDriver();
        driver.Fail(call, CudaResult.OutOfMemory);

        CudaException error = Assert.Throws<CudaException>(() => CudaDevice.Open(driver, 0));

        Assert.Equal(start + "CUDA_ERROR_OUT_OF_MEMORY (text of 2)", error.Message);
        Assert.Equal(0, driver.RetainCount);
    }

    [Fact]
    public void The_context_is_released_once_and_only_when_everything_made_in_it_is_gone()
    {
        // Every order of disposal of the device and four things made from it.
        foreach (int[] order in Permutations([0, 1, 2, 3, 4]))
        {
            using var driver = new FakeCudaDriver();
            CudaDevice device = CudaDevice.Open(driver, 0);
            IDisposable[] resources =
            [
                device, device.Allocate(16), device.CreateStream(), device.CreateEvent(),
                LoadedKernel.Create(device, KernelModule.LoadPtx(device.Context, SamplePtx.Scale), SamplePtx.Scale),
            ];

            for (int i = 0; i < order.Length; i++)
            {
                Assert.Equal(1, driver.RetainCount);
                resources[order[i]].Dispose();
                resources[order[i]].Dispose();
            }

            string trace = $"order {string.Join(' ', order)}: {string.Join(' ', driver.Calls)}";
            Assert.True(driver.RetainCount == 0, trace);
            Assert.True(driver.CountOf(nameof(CudaNative.cuDevicePrimaryCtxRelease_v2)) == 1, trace);
            Assert.True((driver.LiveMemoryBlocks, driver.LiveStreamsAndEvents, driver.LiveModules) == (0, 0, 0), trace);
            Assert.Empty(driver.ContextStack);
        }
    }

    [Fact]
    public void A_disposed_device_takes_no_new_work()
    {
        using var driver = new FakeCudaDriver();
        CudaDevice device = CudaDevice.Open(driver, 0);
        using DeviceMemory memory = device.Allocate(16);
        device.Dispose();

        Assert.Throws<ObjectDisposedException>(device.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => device.Allocate(16));
        Assert.Throws<ObjectDisposedException>(() => device.CreateStream());
        Assert.Throws<ObjectDisposedException>(() => memory.Upload<byte>([1]));
    }

    [Fact]
    public void What_nobody_disposes_the_finalizer_releases_in_any_order()
    {
        using var driver = new FakeCudaDriver();
        for (int i = 0; i < 10; i++) OpenAndForget(driver);

        for (int i = 0; i < 10 && driver.RetainCount > 0; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal((0, 0, 0, 0), (driver.RetainCount, driver.LiveMemoryBlocks, driver.LiveStreamsAndEvents, driver.LiveModules));
    }

    [Fact]
    public void A_release_that_fails_is_not_raised()
    {
        using var driver = new FakeCudaDriver();
        CudaDevice device = CudaDevice.Open(driver, 0);
        DeviceMemory memory = device.Allocate(16);
        driver.Fail(nameof(CudaNative.cuMemFree_v2), CudaResult.IllegalAddress);
        driver.Fail(nameof(CudaNative.cuCtxPopCurrent_v2), CudaResult.IllegalAddress);

        memory.Dispose();
        device.Dispose();

        Assert.Equal(0, driver.RetainCount);
        Assert.Empty(driver.ContextStack);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OpenAndForget(FakeCudaDriver driver)
    {
        CudaDevice device = CudaDevice.Open(driver, 0);
        device.Allocate(16);
        device.CreateStream();
        device.CreateEvent();
        LoadedKernel.Create(device, KernelModule.LoadPtx(device.Context, SamplePtx.Scale), SamplePtx.Scale);
        CudaDevice disposed = CudaDevice.Open(driver, 0);
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => disposed.Allocate(16));
    }

    private static IEnumerable<int[]> Permutations(int[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]).Select(rest => (int[])[first, .. rest]));
}
