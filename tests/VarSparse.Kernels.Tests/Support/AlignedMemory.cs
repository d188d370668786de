using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Tests.Support;

/// <summary>Host memory aligned to 256 bytes, as the allocations of a GPU are: the kernels' vector accesses count on it.</summary>
internal sealed unsafe class AlignedMemory : IDisposable
{
    private readonly int _bytes;
    private void* _pointer;

    private AlignedMemory(int bytes)
    {
        _bytes = bytes;
        _pointer = NativeMemory.AlignedAlloc((nuint)bytes, 256);
    }

    public ulong Address => (ulong)_pointer;

    public static AlignedMemory Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var memory = new AlignedMemory(bytes.Length);
        bytes.CopyTo(new Span<byte>(memory._pointer, memory._bytes));
        return memory;
    }

    public void CopyTo<T>(Span<T> values)
        where T : unmanaged =>
        new ReadOnlySpan<byte>(_pointer, _bytes).CopyTo(MemoryMarshal.AsBytes(values));

    public void Dispose()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
