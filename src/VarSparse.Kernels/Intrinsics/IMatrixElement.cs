using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>A 16-bit element type of matrix operands: <see cref="Bf16"/> or <see cref="Fp16"/>.</summary>
public interface IMatrixElement
{
    /// <summary>The type's name in PTX.</summary>
    static abstract string PtxName { get; }

    /// <summary>The value of an element's 16 bits.</summary>
    /// <param name="bits">The element.</param>
    static abstract float ToSingle(ushort bits);

    /// <summary>The nearest element to a value, ties to even.</summary>
    /// <param name="value">Any value.</param>
    static abstract ushort FromSingle(float value);
}

/// <summary>bfloat16: the upper half of a float32.</summary>
public readonly struct Bf16 : IMatrixElement
{
    /// <inheritdoc/>
    public static string PtxName => "bf16";

    /// <inheritdoc/>
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <inheritdoc/>
    public static ushort FromSingle(float value)
    {
        if (float.IsNaN(value))
            return 0x7FFF;
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}

/// <summary>IEEE binary16.</summary>
public readonly struct Fp16 : IMatrixElement
{
    /// <inheritdoc/>
    public static string PtxName => "f16";

    /// <inheritdoc/>
    public static float ToSingle(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    /// <inheritdoc/>
    public static ushort FromSingle(float value) => Unsafe.BitCast<Half, ushort>((Half)value);
}
