using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>Head dimension 128: two panels of 64 columns.</summary>
internal readonly struct HopperHead128 : IHopperHead<Accumulator64x128>
{
    public static int Dimension => 128;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 StartScores<TElement>(uint queries, uint keys)
        where TElement : unmanaged, IMatrixElement => WarpGroup.StartDot128<TElement>(
            SwizzledTile.Rows(queries), SwizzledTile.Rows(keys), 128, HopperRing.QueryPanelBytes, HopperRing.PanelBytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 StartOutput<TElement>(Accumulator64x128 output, LeftOperand64x128 probabilities, uint values, bool accumulates)
        where TElement : unmanaged, IMatrixElement =>
        WarpGroup.StartAccumulate<TElement>(output, probabilities, SwizzledTile.Columns(values, HopperRing.PanelBytes), accumulates);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 Unset() => WarpGroup.Unset128();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 Wait(Accumulator64x128 started, int pending) => WarpGroup.Wait(started, pending);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 Scale(Accumulator64x128 output, float top, float bottom) => new()
    {
        Left = Scores.Scale(output.Left, top, bottom),
        Right = Scores.Scale(output.Right, top, bottom),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stage<TElement>(Accumulator64x128 output, uint staging, int thread)
        where TElement : unmanaged, IMatrixElement
    {
        HeadRows.StagePanel<TElement>(output.Left, staging, thread);
        HeadRows.StagePanel<TElement>(output.Right, staging + HopperRing.QueryPanelBytes, thread);
    }
}
