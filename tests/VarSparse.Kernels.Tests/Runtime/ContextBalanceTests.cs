using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>Every operation leaves each thread's context stack as it was, whether it works or fails.</summary>
public sealed unsafe class ContextBalanceTests : IDisposable
{
    private readonly FakeCudaDriver _driver = new() { ParameterSizes = [8, 4, 4] };

    public static TheoryData<string> Operations => [.. Actions.Keys];

    private static Dictionary<string, Action<Fixture>> Actions { get; } = new()
    {
        [nameof(CudaNative.cuMemAlloc_v2)] = on => on.Device.Allocate(64).Dispose(),
        [nameof(CudaNative.cuMemcpyHtoD_v2)] = on => on.Memory.Upload<int>([1, 2]),
        [nameof(CudaNative.cuMemcpyDtoH_v2)] = on => on.Memory.Download<int>(new int[2]),
        [nameof(CudaNative.cuMemcpyHtoDAsync_v2)] = on => { int value = 1; on.Memory.UploadAsync(&value, 4); },
        [nameof(CudaNative.cuMemcpyDtoHAsync_v2)] = on => { int value; on.Memory.DownloadAsync(&value, 4); },
        [nameof(CudaNative.cuMemcpyDtoDAsync_v2)] = on => on.Memory.CopyFromAsync(on.Memory.Address + 32, 16),
        [nameof(CudaNative.cuMemsetD8Async)] = on => on.Memory.ClearAsync(),
        [nameof(CudaNative.cuMemsetD32Async)] = on => on.Memory.FillAsync(1f),
        [nameof(CudaNative.cuMemGetInfo_v2)] = on => on.Device.MemoryInfo(),
        [nameof(CudaNative.cuCtxSynchronize)] = on => on.Device.Synchronize(),
        [nameof(CudaNative.cuStreamSynchronize)] = on => on.Device.SynchronizeStream(),
        [nameof(CudaNative.cuStreamCreate)] = on => on.Device.CreateStream().Dispose(),
        [nameof(CudaNative.cuStreamWaitEvent)] = on => on.Stream.WaitFor(on.Event),
        [nameof(CudaNative.cuEventCreate)] = on => on.Device.CreateEvent().Dispose(),
        [nameof(CudaNative.cuEventRecord)] = on => on.Event.Record(),
        [nameof(CudaNative.cuEventSynchronize)] = on => on.Event.Synchronize(),
        [nameof(CudaNative.cuEventElapsedTime)] = on => on.Event.MillisecondsSince(on.Event),
        [nameof(CudaNative.cuModuleLoadDataEx) + " ptx"] = on => on.Load().Dispose(),
        [nameof(CudaNative.cuModuleGetFunction)] = on => on.Load().Dispose(),
        [nameof(CudaNative.cuFuncGetAttribute)] = on => on.Load().Dispose(),
        [nameof(CudaNative.cuFuncSetAttribute)] = on => on.Load().Dispose(),
        [nameof(CudaNative.cuLaunchKernel)] = on => on.Launch(),
        [nameof(CudaNative.cuLinkCreate_v2)] = on => on.Link(),
        [nameof(CudaNative.cuLinkAddData_v2)] = on => on.Link(),
        [nameof(CudaNative.cuLinkComplete)] = on => on.Link(),
        [nameof(CudaNative.cuLinkDestroy)] = on => on.Link(),
    };

    public void Dispose() => _driver.Dispose();

    [Theory]
    [MemberData(nameof(Operations))]
    public void Restores_the_context_that_was_current(string call)
    {
        using var fixture = new Fixture(_driver);
        foreach (nint[] before in (nint[][])[[], [FakeCudaDriver.ForeignContext], [FakeCudaDriver.PrimaryContextHandle]])
        {
            SetContexts(before);
            Actions[call](fixture);
            Assert.Equal(before, _driver.ContextStack);
        }
        Assert.Contains(call, _driver.Calls);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void A_failure_is_raised_with_the_calls_name_and_restores_the_context(string call)
    {
        using var fixture = new Fixture(_driver);
        int modules = _driver.LiveModules, blocks = _driver.LiveMemoryBlocks, handles = _driver.LiveStreamsAndEvents;
        SetContexts([FakeCudaDriver.ForeignContext]);
        _driver.Fail(call, CudaResult.OutOfMemory);

        CudaException error = Assert.Throws<CudaException>(() => Actions[call](fixture));

        Assert.Equal(call.Split(' ')[0], error.DriverCall);
        Assert.Equal(2, error.ErrorCode);
        Assert.Equal("CUDA_ERROR_OUT_OF_MEMORY", error.ErrorName);
        Assert.StartsWith(error.DriverCall, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("failed: CUDA_ERROR_OUT_OF_MEMORY (text of 2)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal([FakeCudaDriver.ForeignContext], _driver.ContextStack);
        Assert.Equal((modules, blocks, handles), (_driver.LiveModules, _driver.LiveMemoryBlocks, _driver.LiveStreamsAndEvents));
        Assert.Equal(0, _driver.LiveLinks);
    }

    [Theory]
    [InlineData(nameof(CudaNative.cuCtxGetCurrent))]
    [InlineData(nameof(CudaNative.cuCtxPushCurrent_v2))]
    [InlineData(nameof(CudaNative.cuCtxPopCurrent_v2))]
    public void A_failure_to_switch_contexts_is_raised(string call)
    {
        using var fixture = new Fixture(_driver);
        SetContexts([FakeCudaDriver.ForeignContext]);
        _driver.Fail(call, CudaResult.InvalidContext);

        CudaException error = Assert.Throws<CudaException>(fixture.Device.Synchronize);

        Assert.Equal(call, error.DriverCall);
        Assert.Equal([FakeCudaDriver.ForeignContext], _driver.ContextStack);
        _driver.Heal();
    }

    [Fact]
    public void The_first_failure_wins_over_that_of_restoring_the_context()
    {
        using var fixture = new Fixture(_driver);
        _driver.Fail(nameof(CudaNative.cuLaunchKernel), CudaResult.InvalidValue);
        _driver.Fail(nameof(CudaNative.cuCtxPopCurrent_v2), CudaResult.InvalidContext);

        Assert.Equal(nameof(CudaNative.cuLaunchKernel), Assert.Throws<CudaException>(fixture.Launch).DriverCall);
        _driver.Heal();
    }

    [Fact]
    public void A_context_that_is_current_already_is_not_pushed()
    {
        using var fixture = new Fixture(_driver);
        SetContexts([FakeCudaDriver.PrimaryContextHandle]);
        int pushes = _driver.CountOf(nameof(CudaNative.cuCtxPushCurrent_v2));

        fixture.Launch();

        Assert.Equal(pushes, _driver.CountOf(nameof(CudaNative.cuCtxPushCurrent_v2)));
    }

    private void SetContexts(nint[] contexts)
    {
        _driver.ContextStack.Clear();
        foreach (nint context in contexts) _driver.ContextStack.Push(context);
    }

    private sealed class Fixture : IDisposable
    {
        private readonly LoadedKernel _kernel;

        internal Fixture(FakeCudaDriver driver)
        {
            Device = CudaDevice.Open(driver, 0);
            Memory = Device.Allocate(64);
            Stream = Device.CreateStream();
            Event = Device.CreateEvent();
            _kernel = Load();
        }

        internal CudaDevice Device { get; }

        internal DeviceMemory Memory { get; }

        internal CudaStream Stream { get; }

        internal CudaEvent Event { get; }

        internal LoadedKernel Load() =>
            LoadedKernel.Create(Device, KernelModule.LoadPtx(Device.Context, SamplePtx.Scale), SamplePtx.Scale);

        internal void Launch() =>
            _kernel.Launch(new LaunchShape(1, 32), SamplePtx.ScaleArguments(Memory.Address, 16, 2f));

        internal void Link() => ModuleLinker.Link(Device.Context, SamplePtx.Scale, out _);

        public void Dispose()
        {
            _kernel.Dispose();
            Event.Dispose();
            Stream.Dispose();
            Memory.Dispose();
            Device.Dispose();
        }
    }
}
