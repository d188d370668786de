using System.Runtime.CompilerServices;
using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Softmax steps on a thread's share of 64 slots by 64 or 128 keys. "Top" is the thread's first row (slot), "bottom" its second, 8 slots
/// below; four neighbouring lanes share a row.
/// </summary>
internal static class Scores
{
    /// <summary>The largest score of the thread's first row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxTop(Accumulator64x128 s) => Max(MaxTop(s.Left), MaxTop(s.Right));

    /// <summary>The largest score of the thread's second row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxBottom(Accumulator64x128 s) => Max(MaxBottom(s.Left), MaxBottom(s.Right));

    /// <summary>The sum of the thread's first row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumTop(Accumulator64x128 s) => SumTop(s.Left) + SumTop(s.Right);

    /// <summary>The sum of the thread's second row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumBottom(Accumulator64x128 s) => SumBottom(s.Left) + SumBottom(s.Right);

    /// <summary>Hides the scores whose bit in the words of two <see cref="MaskFragment"/>s is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 Mask(Accumulator64x128 s, uint left, uint right) =>
        new() { Left = Mask(s.Left, left), Right = Mask(s.Right, right) };

    /// <summary>2^(score * scale - reference) of every score, with a reference for each row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 Exp2(Accumulator64x128 s, float scale, float top, float bottom) =>
        new() { Left = Exp2(s.Left, scale, top, bottom), Right = Exp2(s.Right, scale, top, bottom) };

    /// <summary>score * scale + bias * biasScale, with the biases of 128 keys at a shared-memory address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x128 AddBias(Accumulator64x128 s, float scale, float biasScale, uint biases) => new()
    {
        Left = AddBias(s.Left, scale, biasScale, biases),
        Right = AddBias(s.Right, scale, biasScale, biases + 256),
    };

    /// <summary>Rounds probabilities to 16 bits as the left operand of the product with the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LeftOperand64x128 Pack<TElement>(Accumulator64x128 s)
        where TElement : unmanaged, IMatrixElement =>
        new() { Left = Pack<TElement>(s.Left), Right = Pack<TElement>(s.Right) };

    /// <summary>The largest score of the first row among the thread's 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxTop(Accumulator64x64 s) => Max(
        Max(Max(Max(s.T0.Top0, s.T0.Top1), Max(s.T1.Top0, s.T1.Top1)), Max(Max(s.T2.Top0, s.T2.Top1), Max(s.T3.Top0, s.T3.Top1))),
        Max(Max(Max(s.T4.Top0, s.T4.Top1), Max(s.T5.Top0, s.T5.Top1)), Max(Max(s.T6.Top0, s.T6.Top1), Max(s.T7.Top0, s.T7.Top1))));

    /// <summary>The largest score of the second row among the thread's 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxBottom(Accumulator64x64 s) => Max(
        Max(Max(Max(s.T0.Bottom0, s.T0.Bottom1), Max(s.T1.Bottom0, s.T1.Bottom1)), Max(Max(s.T2.Bottom0, s.T2.Bottom1), Max(s.T3.Bottom0, s.T3.Bottom1))),
        Max(Max(Max(s.T4.Bottom0, s.T4.Bottom1), Max(s.T5.Bottom0, s.T5.Bottom1)), Max(Max(s.T6.Bottom0, s.T6.Bottom1), Max(s.T7.Bottom0, s.T7.Bottom1))));

    /// <summary>The sum of the first row's 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumTop(Accumulator64x64 s) =>
        (s.T0.Top0 + s.T0.Top1 + (s.T1.Top0 + s.T1.Top1)) + (s.T2.Top0 + s.T2.Top1 + (s.T3.Top0 + s.T3.Top1))
        + ((s.T4.Top0 + s.T4.Top1 + (s.T5.Top0 + s.T5.Top1)) + (s.T6.Top0 + s.T6.Top1 + (s.T7.Top0 + s.T7.Top1)));

    /// <summary>The sum of the second row's 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumBottom(Accumulator64x64 s) =>
        (s.T0.Bottom0 + s.T0.Bottom1 + (s.T1.Bottom0 + s.T1.Bottom1)) + (s.T2.Bottom0 + s.T2.Bottom1 + (s.T3.Bottom0 + s.T3.Bottom1))
        + ((s.T4.Bottom0 + s.T4.Bottom1 + (s.T5.Bottom0 + s.T5.Bottom1)) + (s.T6.Bottom0 + s.T6.Bottom1 + (s.T7.Bottom0 + s.T7.Bottom1)));

    /// <summary>Hides the scores whose bit in a <see cref="MaskFragment"/> word is zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Mask(Accumulator64x64 s, uint word) => new()
    {
        T0 = Mask(s.T0, word, 0),
        T1 = Mask(s.T1, word, 2),
        T2 = Mask(s.T2, word, 4),
        T3 = Mask(s.T3, word, 6),
        T4 = Mask(s.T4, word, 8),
        T5 = Mask(s.T5, word, 10),
        T6 = Mask(s.T6, word, 12),
        T7 = Mask(s.T7, word, 14),
    };

    /// <summary>2^(score * scale - reference) of every score, with a reference for each row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Exp2(Accumulator64x64 s, float scale, float top, float bottom) => new()
    {
        T0 = Exp2(s.T0, scale, top, bottom),
        T1 = Exp2(s.T1, scale, top, bottom),
        T2 = Exp2(s.T2, scale, top, bottom),
        T3 = Exp2(s.T3, scale, top, bottom),
        T4 = Exp2(s.T4, scale, top, bottom),
        T5 = Exp2(s.T5, scale, top, bottom),
        T6 = Exp2(s.T6, scale, top, bottom),
        T7 = Exp2(s.T7, scale, top, bottom),
    };

    /// <summary>score * scale + bias * biasScale, with the biases of 64 keys at a shared-memory address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 AddBias(Accumulator64x64 s, float scale, float biasScale, uint biases)
    {
        biases += (uint)(Warp.LaneIdx & 3) * 8;
        return new Accumulator64x64
        {
            T0 = AddBias(s.T0, scale, biasScale, biases),
            T1 = AddBias(s.T1, scale, biasScale, biases + 32),
            T2 = AddBias(s.T2, scale, biasScale, biases + 64),
            T3 = AddBias(s.T3, scale, biasScale, biases + 96),
            T4 = AddBias(s.T4, scale, biasScale, biases + 128),
            T5 = AddBias(s.T5, scale, biasScale, biases + 160),
            T6 = AddBias(s.T6, scale, biasScale, biases + 192),
            T7 = AddBias(s.T7, scale, biasScale, biases + 224),
        };
    }

    /// <summary>Rounds probabilities to 16 bits as the left operand of the product with the values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LeftOperand64x64 Pack<TElement>(Accumulator64x64 s)
        where TElement : unmanaged, IMatrixElement => new()
        {
            K0 = Pack<TElement>(s.T0, s.T1),
            K1 = Pack<TElement>(s.T2, s.T3),
            K2 = Pack<TElement>(s.T4, s.T5),
            K3 = Pack<TElement>(s.T6, s.T7),
        };

    /// <summary>Multiplies the rows by a factor each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Accumulator64x64 Scale(Accumulator64x64 s, float top, float bottom) => new()
    {
        T0 = Scale(s.T0, top, bottom),
        T1 = Scale(s.T1, top, bottom),
        T2 = Scale(s.T2, top, bottom),
        T3 = Scale(s.T3, top, bottom),
        T4 = Scale(s.T4, top, bottom),
        T5 = Scale(s.T5, top, bottom),
        T6 = Scale(s.T6, top, bottom),
        T7 = Scale(s.T7, top, bottom),
    };

    /// <summary>The largest of a row, of which four neighbouring lanes hold a part each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxOfRow(float part)
    {
        part = Max(part, Warp.ShuffleXor(part, 1));
        return Max(part, Warp.ShuffleXor(part, 2));
    }

    /// <summary>The sum of a row, of which four neighbouring lanes hold a part each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SumOfRow(float part)
    {
        part += Warp.ShuffleXor(part, 1);
        return part + Warp.ShuffleXor(part, 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AccumulatorTile AddBias(AccumulatorTile t, float scale, float biasScale, uint biases)
    {
        float first = Interop.IntAsFloat(SharedBytes.Load4(biases)) * biasScale;
        float second = Interop.IntAsFloat(SharedBytes.Load4(biases + 4)) * biasScale;
        return new AccumulatorTile(
            FastMath.Fma(t.Top0, scale, first),
            FastMath.Fma(t.Top1, scale, second),
            FastMath.Fma(t.Bottom0, scale, first),
            FastMath.Fma(t.Bottom1, scale, second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static FragmentA Pack<TElement>(AccumulatorTile left, AccumulatorTile right)
        where TElement : unmanaged, IMatrixElement => new(
            FastMath.Pack<TElement>(left.Top0, left.Top1),
            FastMath.Pack<TElement>(left.Bottom0, left.Bottom1),
            FastMath.Pack<TElement>(right.Top0, right.Top1),
            FastMath.Pack<TElement>(right.Bottom0, right.Bottom1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AccumulatorTile Scale(AccumulatorTile t, float top, float bottom) =>
        new(t.Top0 * top, t.Top1 * top, t.Bottom0 * bottom, t.Bottom1 * bottom);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AccumulatorTile Mask(AccumulatorTile t, uint word, int bit) => new(
        FastMath.Select(word, bit, t.Top0, float.NegativeInfinity),
        FastMath.Select(word, bit + 1, t.Top1, float.NegativeInfinity),
        FastMath.Select(word, bit + 16, t.Bottom0, float.NegativeInfinity),
        FastMath.Select(word, bit + 17, t.Bottom1, float.NegativeInfinity));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static AccumulatorTile Exp2(AccumulatorTile t, float scale, float top, float bottom) => new(
        FastMath.Exp2(FastMath.Fma(t.Top0, scale, -top)),
        FastMath.Exp2(FastMath.Fma(t.Top1, scale, -top)),
        FastMath.Exp2(FastMath.Fma(t.Bottom0, scale, -bottom)),
        FastMath.Exp2(FastMath.Fma(t.Bottom1, scale, -bottom)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Max(float left, float right) => IntrinsicMath.Max(left, right);
}
