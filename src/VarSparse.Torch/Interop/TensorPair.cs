using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Two tensors as one, where they lie at a distance in the same memory, such as keys and values out of one projection.</summary>
internal static class TensorPair
{
    /// <param name="first">[...].</param>
    /// <param name="second">[...] of the same shape and dtype.</param>
    /// <returns>A view [2, ...], or null where the two do not lie so. The caller disposes it.</returns>
    public static Tensor? Of(Tensor first, Tensor second)
    {
        long distance = second.storage_offset() - first.storage_offset();

        // Offsets count from the start of the memory. Addresses that are as far apart as the offsets say share that start.
        if (distance < 0 || TensorPointer.Of(second) - TensorPointer.Of(first) != distance * first.element_size())
            return null;
        int dimensions = (int)first.Dimensions;
        var sizes = new long[dimensions + 1];
        var strides = new long[dimensions + 1];
        (sizes[0], strides[0]) = (2, distance);
        for (int dimension = 0; dimension < dimensions; dimension++)
        {
            if (first.stride(dimension) != second.stride(dimension))
                return null;
            sizes[dimension + 1] = first.size(dimension);
            strides[dimension + 1] = first.stride(dimension);
        }

        return first.as_strided(sizes, strides, first.storage_offset());
    }
}
