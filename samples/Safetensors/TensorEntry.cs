using System.Collections.Immutable;

namespace VarSparse.Samples.Safetensors;

/// <summary>What a file says about one tensor.</summary>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Length of each dimension; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the end of the header.</param>
/// <param name="ByteCount">Bytes of the whole tensor: product of the shape times the element's size.</param>
public sealed record TensorEntry(ElementType Type, ImmutableArray<long> Shape, long Offset, long ByteCount)
{
    /// <summary>Number of elements.</summary>
    public long ElementCount => ByteCount / Type.ByteSize();
}
