using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace VarSparse.Attention.Simd;

/// <summary>4 queries in a 128-bit vector.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static bool HasWideTile => AdvSimd.IsSupported;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> left, Vector128<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> left, Vector128<float> right) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> left, Vector128<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend) =>
        Vector128.MultiplyAddEstimate(left, right, addend);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> left, Vector128<float> right) => Vector128.MaxNative(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> KeepVisible(Vector128<float> value, uint bits)
    {
        Vector128<uint> laneBits = Vector128.Create(1u, 1u << 1, 1u << 2, 1u << 3);
        Vector128<uint> hidden = Vector128.Equals(Vector128.Create(bits) & laneBits, Vector128<uint>.Zero);
        return Vector128.ConditionalSelect(hidden.AsSingle(), Vector128.Create(float.NegativeInfinity), value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Replace(Vector128<float> value, Vector128<float> match, Vector128<float> replacement) =>
        Vector128.ConditionalSelect(Vector128.Equals(value, match), replacement, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp2(Vector128<float> exponent)
    {
        // The exponent stands second because x86 returns the second operand of a maximum when one is NaN.
        exponent = Vector128.MaxNative(Vector128.Create(Exp2Polynomial.SmallestExponent), exponent);
        Vector128<float> rounded = exponent + Vector128.Create(Exp2Polynomial.RoundingShift);
        Vector128<float> fraction = exponent - (rounded - Vector128.Create(Exp2Polynomial.RoundingShift));
        Vector128<float> power = Vector128.Create(Exp2Polynomial.C6);
        power = MultiplyAdd(power, fraction, Vector128.Create(Exp2Polynomial.C5));
        power = MultiplyAdd(power, fraction, Vector128.Create(Exp2Polynomial.C4));
        power = MultiplyAdd(power, fraction, Vector128.Create(Exp2Polynomial.C3));
        power = MultiplyAdd(power, fraction, Vector128.Create(Exp2Polynomial.C2));
        power = MultiplyAdd(power, fraction, Vector128.Create(Exp2Polynomial.C1));
        power = MultiplyAdd(power, fraction, Vector128<float>.One);
        return power * (rounded.AsInt32() << 23).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> ReciprocalOrZero(Vector128<float> value) =>
        Vector128.ConditionalSelect(Vector128.Equals(value, Vector128<float>.Zero), value, Vector128<float>.One / value);
}
