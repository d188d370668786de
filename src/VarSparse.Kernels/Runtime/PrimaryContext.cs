using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A device's primary context, the one libtorch uses too, so that addresses mean the same on both sides. Everything made in it
/// (modules, memory, streams) holds a reference: the driver's own reference is given back when the last of them is gone, in
/// whatever order they are disposed.
/// </summary>
internal sealed class PrimaryContext : SafeHandle
{
    private volatile string? _lastLaunched;
    private volatile bool _disposed;

    private readonly bool _retained;

    private PrimaryContext(ICudaDriver driver, int device, nint context, bool retained)
        : base(0, ownsHandle: true)
    {
        _retained = retained;
        Driver = driver;
        Device = device;
        SetHandle(context);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The device is disposed, though the context lives on while something made in it does (IsClosed is about that).</summary>
    internal bool IsDisposed => _disposed;

    internal ICudaDriver Driver { get; }

    /// <summary>The CUdevice.</summary>
    internal int Device { get; }

    /// <summary>Names a suspect when a kernel's fault shows up in a later call.</summary>
    internal string? LastLaunched
    {
        get => _lastLaunched;
        set => _lastLaunched = value;
    }

    internal static PrimaryContext Retain(ICudaDriver driver, int device)
    {
        CudaResult result = driver.DevicePrimaryCtxRetain(out nint context, device);
        CudaFailure.ThrowIfFailed(driver, result, nameof(CudaNative.cuDevicePrimaryCtxRetain), $"on device {device}");
        return new PrimaryContext(driver, device, context, retained: true);
    }

    /// <summary>Another owner's context, ILGPU's for one: it must live as long, and is not given back here.</summary>
    internal static PrimaryContext Adopt(ICudaDriver driver, int device, nint context) => new(driver, device, context, retained: false);

    /// <summary>Pushes the context unless it is current already (the usual case beside torch, which costs one cheap query).</summary>
    internal CudaResult MakeCurrent(out bool pushed, out string call)
    {
        pushed = false;
        call = nameof(CudaNative.cuCtxGetCurrent);
        CudaResult result = Driver.CtxGetCurrent(out nint current);
        if (result != CudaResult.Success || current == handle) return result;
        call = nameof(CudaNative.cuCtxPushCurrent_v2);
        result = Driver.CtxPushCurrent(handle);
        pushed = result == CudaResult.Success;
        return result;
    }

    internal CudaResult Restore(bool pushed) => pushed ? Driver.CtxPopCurrent(out _) : CudaResult.Success;

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle() => !_retained || Driver.DevicePrimaryCtxRelease(Device) == CudaResult.Success;
}
