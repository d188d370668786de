namespace VarSparse.Kernels.Runtime;

/// <summary>
/// One CUDA device and a reference on its primary context. Thread-safe. After disposal it takes no new work; what was made
/// from it can still be disposed, in any order.
/// </summary>
internal sealed class CudaDevice : IDisposable
{
    private CudaDevice(PrimaryContext context, CudaDeviceProperties properties)
    {
        Context = context;
        Properties = properties;
    }

    internal CudaDeviceProperties Properties { get; }

    internal PrimaryContext Context { get; }

    internal ICudaDriver Driver => Context.Driver;

    /// <param name="ordinal">As in torch's <c>cuda:N</c>: both count what CUDA_VISIBLE_DEVICES leaves visible.</param>
    /// <exception cref="CudaNotAvailableException">This machine has no usable driver or device.</exception>
    internal static CudaDevice Open(int ordinal = 0) => Open(CudaDriver.Load(), ordinal);

    /// <summary>A device through a context that somebody else made and keeps.</summary>
    internal static CudaDevice Adopt(int ordinal, nint context) => Adopt(CudaDriver.Load(), ordinal, context);

    internal static CudaDevice Adopt(ICudaDriver driver, int ordinal, nint context)
    {
        CudaFailure.ThrowIfFailed(
            driver, driver.DeviceGet(out int device, ordinal), nameof(CudaNative.cuDeviceGet), $"of device {ordinal}");
        return new CudaDevice(PrimaryContext.Adopt(driver, device, context), CudaDeviceProperties.Read(driver, ordinal, device));
    }

    internal static CudaDevice Open(ICudaDriver driver, int ordinal)
    {
        CudaFailure.ThrowIfFailed(driver, driver.DeviceGetCount(out int count), nameof(CudaNative.cuDeviceGetCount));
        if (count == 0) throw new CudaNotAvailableException("the NVIDIA driver shows no device");
        if (ordinal < 0 || ordinal >= count)
            throw new ArgumentOutOfRangeException(nameof(ordinal), $"device {ordinal} was asked for, expected 0 to {count - 1}");

        CudaFailure.ThrowIfFailed(
            driver, driver.DeviceGet(out int device, ordinal), nameof(CudaNative.cuDeviceGet), $"of device {ordinal}");
        CudaDeviceProperties properties = CudaDeviceProperties.Read(driver, ordinal, device);
        return new CudaDevice(PrimaryContext.Retain(driver, device), properties);
    }

    public void Dispose() => Context.Dispose();

    internal DeviceMemory Allocate(long bytes) => DeviceMemory.Allocate(Context, bytes);

    internal CudaStream CreateStream(CudaStreamFlags flags = CudaStreamFlags.Default) => CudaStream.Create(Context, flags);

    internal CudaEvent CreateEvent(CudaEventFlags flags = CudaEventFlags.Default) => CudaEvent.Create(Context, flags);

    /// <summary>Waits for everything queued in the context, torch's work included; raises what went wrong in it.</summary>
    internal void Synchronize()
    {
        ContextScope scope = ContextScope.Enter(Context, Context);
        scope.Leave(Driver.CtxSynchronize(), nameof(CudaNative.cuCtxSynchronize));
    }

    /// <summary>Waits for one stream, torch's default one unless told otherwise.</summary>
    internal void SynchronizeStream(nint stream = 0)
    {
        ContextScope scope = ContextScope.Enter(Context, Context);
        scope.Leave(Driver.StreamSynchronize(stream), nameof(CudaNative.cuStreamSynchronize));
    }

    /// <summary>Free and total device memory in bytes.</summary>
    internal (long Free, long Total) MemoryInfo()
    {
        ContextScope scope = ContextScope.Enter(Context, Context);
        CudaResult result = Driver.MemGetInfo(out nuint free, out nuint total);
        scope.Leave(result, nameof(CudaNative.cuMemGetInfo_v2));
        return ((long)free, (long)total);
    }
}
