using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// The driver API as exported by libcuda. A method's name IS the exported symbol (the _v2 ones where 64-bit revisions exist):
/// <see cref="CudaLibrary"/> checks that each is there before the first call, so a missing one is a clear error and no
/// EntryPointNotFoundException in the middle of a computation. None is newer than CUDA 11.0 (cuDevicePrimaryCtxRelease_v2).
/// Every handle is a pointer, CUdevice an int, CUdeviceptr 64 bits, size_t a nuint.
/// </summary>
internal static unsafe partial class CudaNative
{
    internal const string Library = "cuda";

    [LibraryImport(Library)]
    internal static partial CudaResult cuInit(uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDriverGetVersion(out int version);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGetErrorName(CudaResult error, byte** name);

    [LibraryImport(Library)]
    internal static partial CudaResult cuGetErrorString(CudaResult error, byte** text);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGet(out int device, int ordinal);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceTotalMem_v2(out nuint bytes, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDeviceGetAttribute(out int value, CudaDeviceAttribute attribute, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    internal static partial CudaResult cuCtxGetCurrent(out nint context);

    [LibraryImport(Library)]
    internal static partial CudaResult cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Library)]
    internal static partial CudaResult cuCtxPopCurrent_v2(out nint context);

    [LibraryImport(Library)]
    internal static partial CudaResult cuCtxSynchronize();

    [LibraryImport(Library)]
    internal static partial CudaResult cuModuleLoadDataEx(
        out nint module, void* image, uint optionCount, CudaJitOption* options, void** values);

    [LibraryImport(Library)]
    internal static partial CudaResult cuModuleUnload(nint module);

    [LibraryImport(Library)]
    internal static partial CudaResult cuModuleGetFunction(out nint function, nint module, byte* name);

    [LibraryImport(Library)]
    internal static partial CudaResult cuFuncGetAttribute(out int value, CudaFunctionAttribute attribute, nint function);

    [LibraryImport(Library)]
    internal static partial CudaResult cuFuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, nint stream, void** parameters, void** extra);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLinkCreate_v2(uint optionCount, CudaJitOption* options, void** values, out nint state);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLinkAddData_v2(
        nint state, CudaJitInputType type, void* data, nuint size, byte* name,
        uint optionCount, CudaJitOption* options, void** values);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLinkComplete(nint state, out void* cubin, out nuint size);

    [LibraryImport(Library)]
    internal static partial CudaResult cuLinkDestroy(nint state);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamCreate(out nint stream, uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamDestroy_v2(nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamSynchronize(nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuStreamWaitEvent(nint stream, nint evt, uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventCreate(out nint evt, uint flags);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventDestroy_v2(nint evt);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventRecord(nint evt, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventSynchronize(nint evt);

    [LibraryImport(Library)]
    internal static partial CudaResult cuEventElapsedTime(out float milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemAlloc_v2(out ulong address, nuint bytes);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemFree_v2(ulong address);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemcpyHtoD_v2(ulong destination, void* source, nuint bytes);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemcpyDtoH_v2(void* destination, ulong source, nuint bytes);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemcpyHtoDAsync_v2(ulong destination, void* source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemcpyDtoHAsync_v2(void* destination, ulong source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemcpyDtoDAsync_v2(ulong destination, ulong source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemsetD8Async(ulong destination, byte value, nuint count, nint stream);

    [LibraryImport(Library)]
    internal static partial CudaResult cuMemsetD32Async(ulong destination, uint value, nuint count, nint stream);
}
