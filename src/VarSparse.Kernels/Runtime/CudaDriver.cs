using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// The machine's NVIDIA driver. Nothing is loaded until <see cref="Load"/> is first called; a machine without a driver gets a
/// reason and nothing else changes.
/// </summary>
internal sealed unsafe class CudaDriver : ICudaDriver
{
    private static readonly Lazy<(CudaDriver? Driver, string? Reason)> Shared = new(Open);

    private CudaDriver()
    {
    }

    internal static CudaDriver Load() =>
        TryLoad(out CudaDriver? driver, out string? reason) ? driver : throw new CudaNotAvailableException(reason);

    internal static bool TryLoad([NotNullWhen(true)] out CudaDriver? driver, [NotNullWhen(false)] out string? reason)
    {
        (driver, reason) = Shared.Value;
        return driver is not null;
    }

    private static (CudaDriver? Driver, string? Reason) Open()
    {
        if (!CudaLibrary.TryLoad(CudaLibrary.Names, CudaLibrary.RequiredSymbols, out nint handle, out string? reason))
            return (null, reason);

        NativeLibrary.SetDllImportResolver(
            typeof(CudaNative).Assembly, (name, _, _) => name == CudaNative.Library ? handle : 0);
        var driver = new CudaDriver();
        CudaResult result = CudaNative.cuInit(0);
        return result == CudaResult.Success
            ? (driver, null)
            : (null, $"{nameof(CudaNative.cuInit)} failed: {driver.ErrorName(result)} ({driver.ErrorText(result)})");
    }

    public string ErrorName(CudaResult error)
    {
        byte* name = null;
        return CudaNative.cuGetErrorName(error, &name) == CudaResult.Success && name != null
            ? Marshal.PtrToStringUTF8((nint)name)!
            : $"error {(int)error}";
    }

    public string ErrorText(CudaResult error)
    {
        byte* text = null;
        return CudaNative.cuGetErrorString(error, &text) == CudaResult.Success && text != null
            ? Marshal.PtrToStringUTF8((nint)text)!
            : "the driver has no text for this code";
    }

    public CudaResult DriverGetVersion(out int version) => CudaNative.cuDriverGetVersion(out version);

    public CudaResult DeviceGetCount(out int count) => CudaNative.cuDeviceGetCount(out count);

    public CudaResult DeviceGet(out int device, int ordinal) => CudaNative.cuDeviceGet(out device, ordinal);

    public CudaResult DeviceGetName(byte* name, int length, int device) => CudaNative.cuDeviceGetName(name, length, device);

    public CudaResult DeviceTotalMem(out nuint bytes, int device) => CudaNative.cuDeviceTotalMem_v2(out bytes, device);

    public CudaResult DeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device) =>
        CudaNative.cuDeviceGetAttribute(out value, attribute, device);

    public CudaResult DevicePrimaryCtxRetain(out nint context, int device) => CudaNative.cuDevicePrimaryCtxRetain(out context, device);

    public CudaResult DevicePrimaryCtxRelease(int device) => CudaNative.cuDevicePrimaryCtxRelease_v2(device);

    public CudaResult CtxGetCurrent(out nint context) => CudaNative.cuCtxGetCurrent(out context);

    public CudaResult CtxPushCurrent(nint context) => CudaNative.cuCtxPushCurrent_v2(context);

    public CudaResult CtxPopCurrent(out nint context) => CudaNative.cuCtxPopCurrent_v2(out context);

    public CudaResult CtxSynchronize() => CudaNative.cuCtxSynchronize();

    public CudaResult ModuleLoadDataEx(out nint module, void* image, uint optionCount, CudaJitOption* options, void** values) =>
        CudaNative.cuModuleLoadDataEx(out module, image, optionCount, options, values);

    public CudaResult ModuleUnload(nint module) => CudaNative.cuModuleUnload(module);

    public CudaResult ModuleGetFunction(out nint function, nint module, byte* name) =>
        CudaNative.cuModuleGetFunction(out function, module, name);

    public CudaResult FuncGetAttribute(out int value, CudaFunctionAttribute attribute, nint function) =>
        CudaNative.cuFuncGetAttribute(out value, attribute, function);

    public CudaResult FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value) =>
        CudaNative.cuFuncSetAttribute(function, attribute, value);

    public CudaResult LaunchKernel(nint function, in LaunchShape shape, nint stream, void** parameters) =>
        CudaNative.cuLaunchKernel(
            function,
            (uint)shape.GridX, (uint)shape.GridY, (uint)shape.GridZ,
            (uint)shape.BlockX, (uint)shape.BlockY, (uint)shape.BlockZ,
            (uint)shape.DynamicSharedBytes, stream, parameters, null);

    public CudaResult LinkCreate(uint optionCount, CudaJitOption* options, void** values, out nint state) =>
        CudaNative.cuLinkCreate_v2(optionCount, options, values, out state);

    public CudaResult LinkAddData(nint state, CudaJitInputType type, void* data, nuint size, byte* name) =>
        CudaNative.cuLinkAddData_v2(state, type, data, size, name, 0, null, null);

    public CudaResult LinkComplete(nint state, out void* cubin, out nuint size) => CudaNative.cuLinkComplete(state, out cubin, out size);

    public CudaResult LinkDestroy(nint state) => CudaNative.cuLinkDestroy(state);

    public CudaResult StreamCreate(out nint stream, CudaStreamFlags flags) => CudaNative.cuStreamCreate(out stream, (uint)flags);

    public CudaResult StreamDestroy(nint stream) => CudaNative.cuStreamDestroy_v2(stream);

    public CudaResult StreamSynchronize(nint stream) => CudaNative.cuStreamSynchronize(stream);

    public CudaResult StreamWaitEvent(nint stream, nint evt) => CudaNative.cuStreamWaitEvent(stream, evt, 0);

    public CudaResult EventCreate(out nint evt, CudaEventFlags flags) => CudaNative.cuEventCreate(out evt, (uint)flags);

    public CudaResult EventDestroy(nint evt) => CudaNative.cuEventDestroy_v2(evt);

    public CudaResult EventRecord(nint evt, nint stream) => CudaNative.cuEventRecord(evt, stream);

    public CudaResult EventSynchronize(nint evt) => CudaNative.cuEventSynchronize(evt);

    public CudaResult EventElapsedTime(out float milliseconds, nint start, nint end) =>
        CudaNative.cuEventElapsedTime(out milliseconds, start, end);

    public CudaResult MemGetInfo(out nuint free, out nuint total) => CudaNative.cuMemGetInfo_v2(out free, out total);

    public CudaResult MemAlloc(out ulong address, nuint bytes) => CudaNative.cuMemAlloc_v2(out address, bytes);

    public CudaResult MemFree(ulong address) => CudaNative.cuMemFree_v2(address);

    public CudaResult MemcpyHtoD(ulong destination, void* source, nuint bytes) => CudaNative.cuMemcpyHtoD_v2(destination, source, bytes);

    public CudaResult MemcpyDtoH(void* destination, ulong source, nuint bytes) => CudaNative.cuMemcpyDtoH_v2(destination, source, bytes);

    public CudaResult MemcpyHtoDAsync(ulong destination, void* source, nuint bytes, nint stream) =>
        CudaNative.cuMemcpyHtoDAsync_v2(destination, source, bytes, stream);

    public CudaResult MemcpyDtoHAsync(void* destination, ulong source, nuint bytes, nint stream) =>
        CudaNative.cuMemcpyDtoHAsync_v2(destination, source, bytes, stream);

    public CudaResult MemcpyDtoDAsync(ulong destination, ulong source, nuint bytes, nint stream) =>
        CudaNative.cuMemcpyDtoDAsync_v2(destination, source, bytes, stream);

    public CudaResult MemsetD8Async(ulong destination, byte value, nuint count, nint stream) =>
        CudaNative.cuMemsetD8Async(destination, value, count, stream);

    public CudaResult MemsetD32Async(ulong destination, uint value, nuint count, nint stream) =>
        CudaNative.cuMemsetD32Async(destination, value, count, stream);
}
