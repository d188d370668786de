using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Writes a thread's share of 64 columns of two rows from registers in the tensor cores' layout to global memory: of every 8
/// columns, the two from 2 (lane mod 4) on. Four neighbouring lanes so cover 16 bytes of a row at a time.
/// </summary>
internal static class HeadRows
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePanel<TElement>(Accumulator64x64 rows, ulong top, ulong bottom)
        where TElement : unmanaged, IMatrixElement
    {
        ulong member = (ulong)(Warp.LaneIdx & 3) * 4;
        if (top != 0)
        {
            top += member;
            GlobalBytes.Store4(top, FastMath.Pack<TElement>(rows.T0.Top0, rows.T0.Top1));
            GlobalBytes.Store4(top + 16, FastMath.Pack<TElement>(rows.T1.Top0, rows.T1.Top1));
            GlobalBytes.Store4(top + 32, FastMath.Pack<TElement>(rows.T2.Top0, rows.T2.Top1));
            GlobalBytes.Store4(top + 48, FastMath.Pack<TElement>(rows.T3.Top0, rows.T3.Top1));
            GlobalBytes.Store4(top + 64, FastMath.Pack<TElement>(rows.T4.Top0, rows.T4.Top1));
            GlobalBytes.Store4(top + 80, FastMath.Pack<TElement>(rows.T5.Top0, rows.T5.Top1));
            GlobalBytes.Store4(top + 96, FastMath.Pack<TElement>(rows.T6.Top0, rows.T6.Top1));
            GlobalBytes.Store4(top + 112, FastMath.Pack<TElement>(rows.T7.Top0, rows.T7.Top1));
        }

        if (bottom != 0)
        {
            bottom += member;
            GlobalBytes.Store4(bottom, FastMath.Pack<TElement>(rows.T0.Bottom0, rows.T0.Bottom1));
            GlobalBytes.Store4(bottom + 16, FastMath.Pack<TElement>(rows.T1.Bottom0, rows.T1.Bottom1));
            GlobalBytes.Store4(bottom + 32, FastMath.Pack<TElement>(rows.T2.Bottom0, rows.T2.Bottom1));
            GlobalBytes.Store4(bottom + 48, FastMath.Pack<TElement>(rows.T3.Bottom0, rows.T3.Bottom1));
            GlobalBytes.Store4(bottom + 64, FastMath.Pack<TElement>(rows.T4.Bottom0, rows.T4.Bottom1));
            GlobalBytes.Store4(bottom + 80, FastMath.Pack<TElement>(rows.T5.Bottom0, rows.T5.Bottom1));
            GlobalBytes.Store4(bottom + 96, FastMath.Pack<TElement>(rows.T6.Bottom0, rows.T6.Bottom1));
            GlobalBytes.Store4(bottom + 112, FastMath.Pack<TElement>(rows.T7.Bottom0, rows.T7.Bottom1));
        }
    }
}
