using ILGPU;

namespace VarSparse.Kernels.Attention.Portable;

/// <summary>The value rows of a block of keys and the weights that 64 slots give them.</summary>
internal struct ValueBlock<T>
    where T : unmanaged
{
    public GatheredRows<T> Values;

    /// <summary>Shared memory for the values of a step.</summary>
    public ArrayView<float> Operands;

    /// <summary>Shared memory, weights [64 slots, <see cref="PortableTiling.ScorePitch"/>].</summary>
    public ArrayView<float> Weights;

    public readonly int HeadDimension => Values.HeadDimension;

    /// <summary>Adds weights times 32 columns of values. All threads of the group take part.</summary>
    public readonly Tile4 Multiply<TElement>(Tile4 sum, int group)
        where TElement : unmanaged, IPortableElement<T>
    {
        Group.Barrier();
        Values.CopyTo<TElement>(
            Operands, 0, PortableTiling.ValuePitch, group * PortableTiling.ValueColumns, PortableTiling.ValueColumns);
        Group.Barrier();
        int slot = Group.IdxX / PortableTiling.Lanes * 4;
        int lane = Group.IdxX % PortableTiling.Lanes;
        for (int key = 0; key < MaskFragment.Side; key++)
        {
            sum = Tile4.AddOuter(
                sum,
                Vector4.Load(Weights, slot * PortableTiling.ScorePitch + key, PortableTiling.ScorePitch),
                Vector4.Load(Operands, key * PortableTiling.ValuePitch + lane, PortableTiling.Lanes));
        }

        return sum;
    }
}
