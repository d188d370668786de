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
