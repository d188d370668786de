using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>Rows of one head of a tensor, picked by an index each: 64 of them, a negative index stands for a row of zeros.</summary>
internal struct GatheredRows<T>
    where T : unmanaged
{
    public ArrayView<T> Tensor;

    /// <summary>Shared memory, 64 indices.</summary>
    public ArrayView<int> Indices;

    public long Offset;
    public long TokenStride;
    public int HeadDimension;

    /// <summary>Copies some columns of all rows to shared memory, widened; columns beyond the head dimension are zero.</summary>
    /// <param name="target">Shared memory.</param>
    /// <param name="start">Where the first row goes.</param>
    /// <param name="pitch">Floats from row to row.</param>
    /// <param name="firstColumn">First column to copy.</param>
    /// <param name="columns">How many, a power of two.</param>
    public readonly void CopyTo<TElement>(ArrayView<float> target, int start, int pitch, int firstColumn, int columns)
        where TElement : unmanaged, IPortableElement<T>
    {
        for (int i = Group.IdxX; i < MaskFragment.Side * columns; i += PortableTiling.Threads)
        {
            int row = i / columns;
            int column = i % columns;
            int index = Indices[row];
            float value = 0;
            if (index >= 0 && firstColumn + column < HeadDimension)
                value = TElement.Widen(Tensor[Offset + index * TokenStride + firstColumn + column]);
            target[start + row * pitch + column] = value;
        }
    }
}
