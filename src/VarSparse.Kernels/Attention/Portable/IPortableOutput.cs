namespace VarSparse.Kernels.Attention.Portable;

/// <summary>
/// A thread's share of the output of 64 slots: for every 32 columns a <see cref="Tile4"/> in registers. Structs nest to hold more
/// columns, because ILGPU neither unrolls loops nor keeps arrays in registers.
/// </summary>
internal interface IPortableOutput<TSelf>
    where TSelf : unmanaged, IPortableOutput<TSelf>
{
    /// <summary>Groups of 32 columns.</summary>
    static abstract int Groups { get; }

    /// <summary>Multiplies what there is by a factor a row and adds weights times values.</summary>
    static abstract TSelf Accumulate<T, TElement>(TSelf sum, ValueBlock<T> block, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>;

    static abstract void Store<T, TElement>(TSelf sum, OutputRows<T> rows, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>;
}

/// <summary>32 columns.</summary>
internal struct PortableColumns : IPortableOutput<PortableColumns>
{
    public Tile4 Sum;

    public static int Groups => 1;

    public static PortableColumns Accumulate<T, TElement>(PortableColumns sum, ValueBlock<T> block, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>
    {
        // The same for all threads, so the barriers inside are met by all or none.
        if (group * PortableTiling.ValueColumns < block.HeadDimension)
            sum.Sum = block.Multiply<TElement>(Tile4.ScaleRows(sum.Sum, factors), group);
        return sum;
    }

    public static void Store<T, TElement>(PortableColumns sum, OutputRows<T> rows, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T> =>
        rows.Store<TElement>(Tile4.ScaleRows(sum.Sum, factors), group);
}

/// <summary>Twice as many columns.</summary>
internal struct PortablePair<TPart> : IPortableOutput<PortablePair<TPart>>
    where TPart : unmanaged, IPortableOutput<TPart>
{
    public TPart Left;
    public TPart Right;

    public static int Groups => 2 * TPart.Groups;

    public static PortablePair<TPart> Accumulate<T, TElement>(PortablePair<TPart> sum, ValueBlock<T> block, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>
    {
        sum.Left = TPart.Accumulate<T, TElement>(sum.Left, block, factors, group);
        sum.Right = TPart.Accumulate<T, TElement>(sum.Right, block, factors, group + TPart.Groups);
        return sum;
    }

    public static void Store<T, TElement>(PortablePair<TPart> sum, OutputRows<T> rows, Vector4 factors, int group)
        where T : unmanaged
        where TElement : unmanaged, IPortableElement<T>
    {
        TPart.Store<T, TElement>(sum.Left, rows, factors, group);
        TPart.Store<T, TElement>(sum.Right, rows, factors, group + TPart.Groups);
    }
}
