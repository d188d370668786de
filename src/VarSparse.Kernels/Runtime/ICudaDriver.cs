namespace VarSparse.Kernels.Runtime;

/// <summary>
/// The driver calls this library makes, one to one and unchecked: errors come back as results. The seam exists so that tests
/// without a GPU can make any call fail and see what was called, in which order, under which context.
/// </summary>
internal unsafe interface ICudaDriver
{
    string ErrorName(CudaResult error);

    string ErrorText(CudaResult error);

    CudaResult DriverGetVersion(out int version);

    CudaResult DeviceGetCount(out int count);

    CudaResult DeviceGet(out int device, int ordinal);

    CudaResult DeviceGetName(byte* name, int length, int device);

    CudaResult DeviceTotalMem(out nuint bytes, int device);

    CudaResult DeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device);

    CudaResult DevicePrimaryCtxRetain(out nint context, int device);

    CudaResult DevicePrimaryCtxRelease(int device);

    CudaResult CtxGetCurrent(out nint context);

    CudaResult CtxPushCurrent(nint context);

    CudaResult CtxPopCurrent(out nint context);

    CudaResult CtxSynchronize();

    CudaResult ModuleLoadDataEx(out nint module, void* image, uint optionCount, CudaJitOption* options, void** values);

    CudaResult ModuleUnload(nint module);

    CudaResult ModuleGetFunction(out nint function, nint module, byte* name);

    CudaResult FuncGetAttribute(out int value, CudaFunctionAttribute attribute, nint function);

    CudaResult FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value);

    CudaResult LaunchKernel(nint function, in LaunchShape shape, nint stream, void** parameters);

    CudaResult LinkCreate(uint optionCount, CudaJitOption* options, void** values, out nint state);

    CudaResult LinkAddData(nint state, CudaJitInputType type, void* data, nuint size, byte* name);

    CudaResult LinkComplete(nint state, out void* cubin, out nuint size);

    CudaResult LinkDestroy(nint state);

    CudaResult StreamCreate(out nint stream, CudaStreamFlags flags);

    CudaResult StreamDestroy(nint stream);

    CudaResult StreamSynchronize(nint stream);

    CudaResult StreamWaitEvent(nint stream, nint evt);

    CudaResult EventCreate(out nint evt, CudaEventFlags flags);

    CudaResult EventDestroy(nint evt);

    CudaResult EventRecord(nint evt, nint stream);

    CudaResult EventSynchronize(nint evt);

    CudaResult EventElapsedTime(out float milliseconds, nint start, nint end);

    CudaResult MemGetInfo(out nuint free, out nuint total);

    CudaResult MemAlloc(out ulong address, nuint bytes);

    CudaResult MemFree(ulong address);

    CudaResult MemcpyHtoD(ulong destination, void* source, nuint bytes);

    CudaResult MemcpyDtoH(void* destination, ulong source, nuint bytes);

    CudaResult MemcpyHtoDAsync(ulong destination, void* source, nuint bytes, nint stream);

    CudaResult MemcpyDtoHAsync(void* destination, ulong source, nuint bytes, nint stream);

    CudaResult MemcpyDtoDAsync(ulong destination, ulong source, nuint bytes, nint stream);

    CudaResult MemsetD8Async(ulong destination, byte value, nuint count, nint stream);

    CudaResult MemsetD32Async(ulong destination, uint value, nuint count, nint stream);
}
