using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A block of device memory. Copies without a stream argument use the default stream and return when the host side may be
/// reused; the asynchronous ones take pointers, because the host memory must stay where it is until the stream gets there.
/// </summary>
internal sealed unsafe class DeviceMemory : CudaHandle
{
    private DeviceMemory(PrimaryContext context, long bytes)
        : base(context) => Bytes = bytes;

    internal long Bytes { get; }

    /// <summary>What a kernel is given; whoever launches keeps this object alive until the kernel is done.</summary>
    internal ulong Address => (ulong)handle;

    internal static DeviceMemory Allocate(PrimaryContext context, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var memory = new DeviceMemory(context, bytes);
        try
        {
            ContextScope scope = ContextScope.Enter(context, memory);
            CudaResult result = context.Driver.MemAlloc(out ulong address, (nuint)bytes);
            if (result == CudaResult.Success) memory.SetHandle((nint)address);
            scope.Leave(result, nameof(CudaNative.cuMemAlloc_v2), result == CudaResult.Success ? null : $"of {bytes} bytes");
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    internal void Upload<T>(ReadOnlySpan<T> source, long byteOffset = 0)
        where T : unmanaged
    {
        long bytes = (long)source.Length * sizeof(T);
        CheckRange(byteOffset, bytes);
        if (bytes == 0) return;
        fixed (T* pointer = source)
        {
            ContextScope scope = ContextScope.Enter(Context, this);
            scope.Leave(
                Driver.MemcpyHtoD(Address + (ulong)byteOffset, pointer, (nuint)bytes), nameof(CudaNative.cuMemcpyHtoD_v2));
        }
    }

    internal void Download<T>(Span<T> destination, long byteOffset = 0)
        where T : unmanaged
    {
        long bytes = (long)destination.Length * sizeof(T);
        CheckRange(byteOffset, bytes);
        if (bytes == 0) return;
        fixed (T* pointer = destination)
        {
            ContextScope scope = ContextScope.Enter(Context, this);
            scope.Leave(
                Driver.MemcpyDtoH(pointer, Address + (ulong)byteOffset, (nuint)bytes), nameof(CudaNative.cuMemcpyDtoH_v2));
        }
    }

    /// <summary>
    /// Copies from memory that is not pinned, on a stream: the driver takes it into memory of its own before this returns, and waits for nothing, where
    /// <see cref="Upload"/> waits for all that was asked for before.
    /// </summary>
    internal void UploadAsync<T>(ReadOnlySpan<T> source, long byteOffset = 0, nint stream = 0)
        where T : unmanaged
    {
        if (source.IsEmpty) return;
        fixed (T* pointer = source) UploadAsync(pointer, (long)source.Length * sizeof(T), byteOffset, stream);
    }

    internal void UploadAsync(void* source, long bytes, long byteOffset = 0, nint stream = 0)
    {
        CheckRange(byteOffset, bytes);
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(
            Driver.MemcpyHtoDAsync(Address + (ulong)byteOffset, source, (nuint)bytes, stream),
            nameof(CudaNative.cuMemcpyHtoDAsync_v2));
    }

    internal void DownloadAsync(void* destination, long bytes, long byteOffset = 0, nint stream = 0)
    {
        CheckRange(byteOffset, bytes);
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(
            Driver.MemcpyDtoHAsync(destination, Address + (ulong)byteOffset, (nuint)bytes, stream),
            nameof(CudaNative.cuMemcpyDtoHAsync_v2));
    }

    /// <summary>Copies from any device address of the same context, a tensor's included.</summary>
    internal void CopyFromAsync(ulong source, long bytes, long byteOffset = 0, nint stream = 0)
    {
        CheckRange(byteOffset, bytes);
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(
            Driver.MemcpyDtoDAsync(Address + (ulong)byteOffset, source, (nuint)bytes, stream),
            nameof(CudaNative.cuMemcpyDtoDAsync_v2));
    }

    internal void ClearAsync(nint stream = 0)
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(Driver.MemsetD8Async(Address, 0, (nuint)Bytes, stream), nameof(CudaNative.cuMemsetD8Async));
    }

    /// <summary>Sets every whole 32-bit word; <paramref name="value"/> may be a float (minus infinity for log-sum-exp).</summary>
    internal void FillAsync<T>(T value, nint stream = 0)
        where T : unmanaged
    {
        if (sizeof(T) != sizeof(uint))
            throw new ArgumentException($"{nameof(value)}: {typeof(T).Name} has {sizeof(T)} bytes, expected 4", nameof(value));
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(
            Driver.MemsetD32Async(Address, Unsafe.BitCast<T, uint>(value), (nuint)(Bytes / sizeof(uint)), stream),
            nameof(CudaNative.cuMemsetD32Async));
    }

    protected override CudaResult Destroy() => Driver.MemFree(Address);

    private void CheckRange(long byteOffset, long bytes)
    {
        if (byteOffset < 0 || bytes < 0 || byteOffset > Bytes - bytes)
            throw new ArgumentOutOfRangeException(
                nameof(byteOffset), $"bytes {byteOffset} to {byteOffset + bytes} were asked for, the block has {Bytes}");
    }
}
