using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>ILGPU views of host memory that someone else owns.</summary>
internal sealed class HostViews(CPUAccelerator accelerator) : IDisposable
{
    private readonly List<MemoryBuffer> _buffers = [];

    public ArrayView<T> Of<T>(ulong address, long length)
        where T : unmanaged
    {
        if (length == 0)
            return default;
        var buffer = CPUMemoryBuffer.Create(accelerator, (nint)address, length, Interop.SizeOf<T>());
        _buffers.Add(buffer);
        return buffer.AsArrayView<T>(0, length);
    }

    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());
}
