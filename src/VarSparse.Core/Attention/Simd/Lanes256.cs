using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VarSparse.Attention.Simd;

/// <summary>8 queries in a 256-bit vector.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static bool HasWideTile => false;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend) =>
        Vector256.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> left, Vector256<float> right) => Vector256.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> KeepVisible(Vector256<float> value, uint bits)
    {
        Vector256<uint> laneBits = Vector256.Create(1u, 1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5, 1u << 6, 1u << 7);
        Vector256<uint> hidden = Vector256.Equals(Vector256.Create(bits) & laneBits, Vector256<uint>.Zero);
        return Vector256.ConditionalSelect(hidden.AsSingle(), Vector256.Create(float.NegativeInfinity), value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Replace(Vector256<float> value, Vector256<float> match, Vector256<float> replacement) =>
        Vector256.ConditionalSelect(Vector256.Equals(value, match), replacement, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp2(Vector256<float> exponent)
    {
        // The exponent stands second because x86 returns the second operand of a maximum when one is NaN.
        exponent = Vector256.MaxNative(Vector256.Create(Exp2Polynomial.SmallestExponent), exponent);
        Vector256<float> rounded = exponent + Vector256.Create(Exp2Polynomial.RoundingShift);
        Vector256<float> fraction = exponent - (rounded - Vector256.Create(Exp2Polynomial.RoundingShift));
        Vector256<float> power = Vector256.Create(Exp2Polynomial.C6);
        power = MultiplyAdd(power, fraction, Vector256.Create(Exp2Polynomial.C5));
        power = MultiplyAdd(power, fraction, Vector256.Create(Exp2Polynomial.C4));
        power = MultiplyAdd(power, fraction, Vector256.Create(Exp2Polynomial.C3));
        power = MultiplyAdd(power, fraction, Vector256.Create(Exp2Polynomial.C2));
        power = MultiplyAdd(power, fraction, Vector256.Create(Exp2Polynomial.C1));
        power = MultiplyAdd(power, fraction, Vector256<float>.One);
        return power * (rounded.AsInt32() << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> ReciprocalOrZero(Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.Equals(value, Vector256<float>.Zero), value, Vector256<float>.One / value);
}
