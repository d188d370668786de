using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VarSparse.Attention.Simd;

/// <summary>16 queries in a 512-bit vector.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static bool HasWideTile => true;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
        Vector512.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> left, Vector512<float> right) => Vector512.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> KeepVisible(Vector512<float> value, uint bits)
    {
        Vector512<uint> laneBits = Vector512.Create(1u, 1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5, 1u << 6, 1u << 7, 1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15);
        Vector512<uint> hidden = Vector512.Equals(Vector512.Create(bits) & laneBits, Vector512<uint>.Zero);
        return Vector512.ConditionalSelect(hidden.AsSingle(), Vector512.Create(float.NegativeInfinity), value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Replace(Vector512<float> value, Vector512<float> match, Vector512<float> replacement) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, match), replacement, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> exponent)
    {
        // The exponent stands second because x86 returns the second operand of a maximum when one is NaN.
        exponent = Vector512.MaxNative(Vector512.Create(Exp2Polynomial.SmallestExponent), exponent);
        Vector512<float> rounded = exponent + Vector512.Create(Exp2Polynomial.RoundingShift);
        Vector512<float> fraction = exponent - (rounded - Vector512.Create(Exp2Polynomial.RoundingShift));
        Vector512<float> power = Vector512.Create(Exp2Polynomial.C6);
        power = MultiplyAdd(power, fraction, Vector512.Create(Exp2Polynomial.C5));
        power = MultiplyAdd(power, fraction, Vector512.Create(Exp2Polynomial.C4));
        power = MultiplyAdd(power, fraction, Vector512.Create(Exp2Polynomial.C3));
        power = MultiplyAdd(power, fraction, Vector512.Create(Exp2Polynomial.C2));
        power = MultiplyAdd(power, fraction, Vector512.Create(Exp2Polynomial.C1));
        power = MultiplyAdd(power, fraction, Vector512<float>.One);
        return power * (rounded.AsInt32() << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ReciprocalOrZero(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, Vector512<float>.Zero), value, Vector512<float>.One / value);
}
