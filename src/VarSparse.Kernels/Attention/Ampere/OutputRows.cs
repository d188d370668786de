using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>
/// Where a lane's two rows go, at its own columns. The four lanes of a row store 16 bytes side by side.
/// </summary>
internal readonly struct OutputRows(ulong top, ulong bottom)
{
    /// <summary>Global address, or 0 where the slot holds no query.</summary>
    private readonly ulong _top = top;
    private readonly ulong _bottom = bottom;

    /// <param name="parameters">The problem.</param>
    /// <param name="slots">Global address of the slot of the lane's upper row.</param>
    /// <param name="batch">Batch entry.</param>
    /// <param name="head">Head.</param>
    /// <param name="lane">The lane.</param>
    public static OutputRows Of(AttentionParameters parameters, ulong slots, int batch, int head, uint lane)
    {
        int top = (int)GlobalBytes.Load4(slots), bottom = (int)GlobalBytes.Load4(slots + 8 * sizeof(int));
        ulong target = parameters.Output + (lane & 3) * 4
            + (ulong)(batch * parameters.OutputBatchStride + head * parameters.OutputHeadStride) * sizeof(ushort);
        uint rowBytes = (uint)parameters.OutputTokenStride * sizeof(ushort);
        return new(
            top < 0 ? 0 : FastMath.MultiplyAddWide((uint)top, rowBytes, target),
            bottom < 0 ? 0 : FastMath.MultiplyAddWide((uint)bottom, rowBytes, target));
    }

    /// <summary>Stores 16 columns, packed as a left operand.</summary>
    public void Store(FragmentA packed, int chunk)
    {
        uint offset = (uint)(chunk * 32);
        if (_top != 0)
        {
            GlobalBytes.Store4(_top + offset, packed.A0);
            GlobalBytes.Store4(_top + offset + 16, packed.A2);
        }

        if (_bottom != 0)
        {
            GlobalBytes.Store4(_bottom + offset, packed.A1);
            GlobalBytes.Store4(_bottom + offset + 16, packed.A3);
        }
    }
}
