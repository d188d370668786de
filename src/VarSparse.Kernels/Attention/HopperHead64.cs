using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>Head dimension 64: one panel of 64 columns.</summary>
internal readonly struct HopperHead64 : IHopperHead<Accumulator64x64>
{
    public static int Dimension => 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 StartScores<TElement>(uint queries, uint keys)
        where TElement : unmanaged, IMatrixElement => WarpGroup.StartDot128<TElement>(
            SwizzledTile.Rows(queries), SwizzledTile.Rows(keys), 64, HopperRing.QueryPanelBytes, HopperRing.PanelBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 StartOutput<TElement>(Accumulator64x64 output, LeftOperand64x128 probabilities, uint values, bool accumulates)
        where TElement : unmanaged, IMatrixElement =>
        WarpGroup.StartAccumulate<TElement>(output, probabilities, SwizzledTile.Columns(values, HopperRing.PanelBytes), accumulates);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Unset() => WarpGroup.Unset64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Wait(Accumulator64x64 started, int pending) => WarpGroup.Wait(started, pending);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Scale(Accumulator64x64 output, float top, float bottom) => Scores.Scale(output, top, bottom);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stage<TElement>(Accumulator64x64 output, uint staging, int thread)
        where TElement : unmanaged, IMatrixElement =>
        HeadRows.StagePanel<TElement>(output, staging, thread);
}
