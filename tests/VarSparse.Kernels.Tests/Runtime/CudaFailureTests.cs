using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

public sealed class CudaFailureTests : IDisposable
{
    private readonly FakeCudaDriver _driver = new();
    private readonly CudaDevice _device;

    public CudaFailureTests() => _device = CudaDevice.Open(_driver, 0);

    public void Dispose()
    {
        _device.Dispose();
        _driver.Dispose();
    }

    [Fact]
    public void Running_out_of_memory_says_how_much_was_asked_for()
    {
        _driver.Fail(nameof(CudaNative.cuMemAlloc_v2), CudaResult.OutOfMemory, times: 1);

        CudaException error = Assert.Throws<CudaException>(() => _device.Allocate(1L << 40));

        Assert.Equal("cuMemAlloc_v2 of 1099511627776 bytes failed: CUDA_ERROR_OUT_OF_MEMORY (text of 2)", error.Message);
        Assert.Null(error.Kernel);
        using DeviceMemory next = _device.Allocate(8);
    }

    [Fact]
    public void A_failed_launch_names_the_kernel_and_the_launch()
    {
        using LoadedKernel kernel = Load();
        _driver.Fail(nameof(CudaNative.cuLaunchKernel), CudaResult.InvalidValue);

        CudaException error = Assert.Throws<CudaException>(() => Launch(kernel, new LaunchShape(32, 48, 2, 128, 3, 1, 196608)));

        Assert.Equal(
            "cuLaunchKernel of kernel 'Kernel_Scale', grid (32, 48, 2), block (128, 3, 1), 196608 bytes of dynamic shared memory failed: "
            + "CUDA_ERROR_INVALID_VALUE (text of 1)",
            error.Message);
        Assert.Equal("Kernel_Scale", error.Kernel);
    }

    [Fact]
    public void A_fault_that_shows_up_later_points_at_the_last_launch()
    {
        using LoadedKernel kernel = Load();
        Launch(kernel, new LaunchShape(1, 32));
        _driver.Fail(nameof(CudaNative.cuStreamSynchronize), CudaResult.IllegalAddress);

        CudaException error = Assert.Throws<CudaException>(() => _device.SynchronizeStream());

        Assert.Equal(
            "cuStreamSynchronize failed: CUDA_ERROR_ILLEGAL_ADDRESS (text of 700); a kernel launched earlier failed, not this call: "
            + "the last one launched here is 'Kernel_Scale', CUDA_LAUNCH_BLOCKING=1 finds the one to blame",
            error.Message);
    }

    [Fact]
    public void A_fault_before_any_launch_of_ours_blames_no_kernel_of_ours()
    {
        _driver.Fail(nameof(CudaNative.cuCtxSynchronize), CudaResult.IllegalAddress);

        CudaException error = Assert.Throws<CudaException>(_device.Synchronize);

        Assert.Contains("; a kernel launched earlier in this process failed, not this call,", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compiler_error_is_in_the_message_on_one_line_and_whole_in_the_log()
    {
        _driver.ErrorLog = "ptxas application ptx input, line 12; error : Unknown symbol 'q'\n\nptxas fatal : Ptx assembly aborted\n";
        _driver.Fail(nameof(CudaNative.cuModuleLoadDataEx) + " ptx", CudaResult.InvalidPtx);

        CudaException error = Assert.Throws<CudaException>(() => Load());

        Assert.Equal(
            "cuModuleLoadDataEx of kernel 'Kernel_Scale' failed: CUDA_ERROR_INVALID_PTX (text of 218); compiler log: ptxas application "
            + "ptx input, line 12; error : Unknown symbol 'q'; ptxas fatal : Ptx assembly aborted",
            error.Message);
        Assert.Equal(_driver.ErrorLog.Trim(), error.CompilerLog);
        Assert.Equal("Kernel_Scale", error.Kernel);
    }

    [Fact]
    public void A_long_compiler_log_is_cut_in_the_message_only()
    {
        _driver.ErrorLog = string.Join('\n', Enumerable.Range(0, 200).Select(i => $"ptxas error {i}"));
        _driver.Fail(nameof(CudaNative.cuModuleLoadDataEx) + " ptx", CudaResult.InvalidPtx);

        CudaException error = Assert.Throws<CudaException>(() => Load());

        Assert.InRange(error.Message.Length, 400, 600);
        Assert.EndsWith("...", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("ptxas error 199", error.CompilerLog, StringComparison.Ordinal);
    }

    private static void Launch(LoadedKernel kernel, LaunchShape shape) => kernel.Launch(shape, SamplePtx.ScaleArguments(0, 0, 0f));

    private LoadedKernel Load() =>
        LoadedKernel.Create(_device, KernelModule.LoadPtx(_device.Context, SamplePtx.Scale), SamplePtx.Scale);
}
