using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Moves a warp's 16 rows of a result from registers in the tensor cores' layout by way of shared memory to global memory, where a warp
/// then writes whole rows: straight from registers four lanes would have 16 bytes of a row at a time.
/// </summary>
internal static class HeadRows
{
    /// <summary>Rows of a warp.</summary>
    public const int Rows = 16;

    /// <summary>Rounds 64 columns and puts them into a <see cref="SwizzledTile"/> panel.</summary>
    /// <param name="columns">The thread's share.</param>
    /// <param name="panel">Shared-memory address of the panel's first of 64 rows.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StagePanel<TElement>(Accumulator64x64 columns, uint panel, int thread)
        where TElement : unmanaged, IMatrixElement
    {
        // Lanes 0 to 7 have the rows of the first matrix: upper rows of the left 8 columns; then come lower rows, and the right 8 columns.
        uint row = (uint)((thread >> 5) * Rows + (thread & 15));
        uint side = (uint)(thread >> 4) & 1;
        uint place = panel + row * SwizzledTile.RowBytes;
        uint swizzled = (side ^ (row & 7)) * 16;
        Stage<TElement>(columns.T0, columns.T1, place + swizzled);
        Stage<TElement>(columns.T2, columns.T3, place + (swizzled ^ 32));
        Stage<TElement>(columns.T4, columns.T5, place + (swizzled ^ 64));
        Stage<TElement>(columns.T6, columns.T7, place + (swizzled ^ 96));
    }

    /// <summary>Writes staged rows to global memory.</summary>
    /// <param name="staged">Shared-memory address of the first panel's first of 64 rows.</param>
    /// <param name="panelBytes">Distance to the next panel.</param>
    /// <param name="dimension">Head dimension, 64 or 128.</param>
    /// <param name="query">The query of the warp's row (lane mod 16), or -1 where there is none.</param>
    /// <param name="head">Global address of query 0.</param>
    /// <param name="rowBytes">Bytes from one query to the next.</param>
    /// <param name="thread">The thread of the warp group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(uint staged, int panelBytes, int dimension, int query, ulong head, uint rowBytes, int thread)
    {
        Write2(staged, panelBytes, dimension, query, head, rowBytes, thread, 0);
        Write2(staged, panelBytes, dimension, query, head, rowBytes, thread, 2);
        if (dimension == 128)
        {
            Write2(staged, panelBytes, dimension, query, head, rowBytes, thread, 4);
            Write2(staged, panelBytes, dimension, query, head, rowBytes, thread, 6);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write2(uint staged, int panelBytes, int dimension, int query, ulong head, uint rowBytes, int thread, int round)
    {
        Write1(staged, panelBytes, dimension, query, head, rowBytes, thread, round);
        Write1(staged, panelBytes, dimension, query, head, rowBytes, thread, round + 1);
    }

    /// <summary>A lane has a chunk of 16 bytes of one row; the lanes together have two rows, or four at head dimension 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write1(uint staged, int panelBytes, int dimension, int query, ulong head, uint rowBytes, int thread, int round)
    {
        int chunkBits = dimension == 64 ? 3 : 4;
        int lane = thread & 31;
        int row = (round << (5 - chunkBits)) + (lane >> chunkBits);
        int chunk = lane & ((1 << chunkBits) - 1);
        int of = Warp.Shuffle(query, row);
        uint place = staged + (uint)((chunk >> 3) * panelBytes) + (uint)((thread >> 5) * Rows + row) * SwizzledTile.RowBytes;
        Bytes16 bytes = SharedBytes.Load16(place + (uint)(((chunk ^ row) & 7) << 4));
        if (of >= 0)
            GlobalBytes.Store16(FastMath.MultiplyAddWide((uint)of, rowBytes, head) + (ulong)chunk * 16, bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Stage<TElement>(AccumulatorTile left, AccumulatorTile right, uint rowAddress)
        where TElement : unmanaged, IMatrixElement => MatrixStore.Store4(rowAddress, new MatrixQuad
        {
            M0 = FastMath.Pack<TElement>(left.Top0, left.Top1),
            M1 = FastMath.Pack<TElement>(left.Bottom0, left.Bottom1),
            M2 = FastMath.Pack<TElement>(right.Top0, right.Top1),
            M3 = FastMath.Pack<TElement>(right.Bottom0, right.Bottom1),
        });
}
