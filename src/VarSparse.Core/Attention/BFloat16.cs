using System.Globalization;
using System.Runtime.CompilerServices;

namespace VarSparse.Attention;

/// <summary>A brain floating-point number: the upper 16 bits of a float32 (8 exponent bits, 7 fraction bits).</summary>
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private readonly ushort _bits;

    private BFloat16(ushort bits) => _bits = bits;

    /// <summary>The number with the given bit pattern.</summary>
    /// <param name="bits">Sign, exponent and fraction, as in memory.</param>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>The bit pattern.</summary>
    public ushort ToBits() => _bits;

    /// <summary>Widens without loss.</summary>
    /// <param name="value">The number to widen.</param>
    public static explicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value._bits << 16);

    /// <summary>Rounds to the nearest bfloat16, halves to even; NaN stays NaN.</summary>
    /// <param name="value">The number to round.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static explicit operator BFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return new BFloat16((ushort)((bits >> 16) | 0x40));
        return new BFloat16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>True if the bit patterns are equal.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    public static bool operator ==(BFloat16 left, BFloat16 right) => left.Equals(right);

    /// <summary>True if the bit patterns differ.</summary>
    /// <param name="left">A number.</param>
    /// <param name="right">A number.</param>
    public static bool operator !=(BFloat16 left, BFloat16 right) => !left.Equals(right);

    /// <summary>True if the bit patterns are equal.</summary>
    /// <param name="other">The number to compare with.</param>
    public bool Equals(BFloat16 other) => _bits == other._bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _bits;

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}
