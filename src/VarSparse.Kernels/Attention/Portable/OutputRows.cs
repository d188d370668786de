using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>Where a thread's four slots go in the output.</summary>
internal struct OutputRows<T>
    where T : unmanaged
{
    public ArrayView<T> Output;

    /// <summary>Shared memory, the query of each of the 64 slots or -1.</summary>
    public ArrayView<int> Queries;

    public long Offset;
    public long TokenStride;
    public int HeadDimension;

    public readonly void Store<TElement>(Tile4 tile, int group)
        where TElement : unmanaged, IPortableElement<T>
    {
        int slot = Group.IdxX / PortableTiling.Lanes * 4;
        int column = group * PortableTiling.ValueColumns + Group.IdxX % PortableTiling.Lanes;
        StoreRow<TElement>(tile.Row0, Queries[slot], column);
        StoreRow<TElement>(tile.Row1, Queries[slot + 1], column);
        StoreRow<TElement>(tile.Row2, Queries[slot + 2], column);
        StoreRow<TElement>(tile.Row3, Queries[slot + 3], column);
    }

    private readonly void StoreRow<TElement>(Vector4 row, int query, int column)
        where TElement : unmanaged, IPortableElement<T>
    {
        StoreElement<TElement>(row.X0, query, column);
        StoreElement<TElement>(row.X1, query, column + PortableTiling.Lanes);
        StoreElement<TElement>(row.X2, query, column + 2 * PortableTiling.Lanes);
        StoreElement<TElement>(row.X3, query, column + 3 * PortableTiling.Lanes);
    }

    private readonly void StoreElement<TElement>(float value, int query, int column)
        where TElement : unmanaged, IPortableElement<T>
    {
        if (query >= 0 && column < HeadDimension)
            Output[Offset + query * TokenStride + column] = TElement.Round(value);
    }
}
