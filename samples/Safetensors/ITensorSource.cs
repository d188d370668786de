namespace VarSparse.Samples.Safetensors;

/// <summary>Named tensors that live in one file or in several.</summary>
public interface ITensorSource
{
    /// <summary>Path that was opened, for messages.</summary>
    string Path { get; }

    /// <summary>All tensors by name.</summary>
    IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>
    /// The little-endian bytes of a tensor, straight from the mapped file: valid until the source is disposed.
    /// </summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of that name.</exception>
    /// <exception cref="NotSupportedException">The tensor is larger than a span can be (2 GiB).</exception>
    ReadOnlySpan<byte> Bytes(string name);
}
