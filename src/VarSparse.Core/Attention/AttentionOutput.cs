using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VarSparse.Attention;

/// <summary>A tensor that attention writes: elements and their layout. It must not overlap an input.</summary>
/// <typeparam name="T">float, <see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
public readonly unsafe ref struct AttentionOutput<T>
    where T : unmanaged
{
    private readonly ref T _first;

    /// <summary>Writes to a span.</summary>
    /// <param name="data">The elements; the first one is that of batch entry 0, head 0, token 0.</param>
    /// <param name="layout">Sizes and strides.</param>
    /// <exception cref="ArgumentException">The span is too short for the layout.</exception>
    public AttentionOutput(Span<T> data, AttentionLayout layout)
    {
        if (data.Length < layout.Extent)
            throw new ArgumentException($"data: got {data.Length} elements, expected at least {layout.Extent} for {layout}.", nameof(data));
        _first = ref MemoryMarshal.GetReference(data);
        Layout = layout;
    }

    /// <summary>Writes to memory of the caller's, which must stay valid and in place until the call ends.</summary>
    /// <param name="data">The first element.</param>
    /// <param name="layout">Sizes and strides.</param>
    /// <exception cref="ArgumentNullException">The pointer is null.</exception>
    public AttentionOutput(T* data, AttentionLayout layout)
    {
        ArgumentNullException.ThrowIfNull(data);
        _first = ref Unsafe.AsRef<T>(data);
        Layout = layout;
    }

    /// <summary>Sizes and strides.</summary>
    public AttentionLayout Layout { get; }

    internal ref T GetPinnableReference() => ref _first;
}
