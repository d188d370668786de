using VarSparse.Attention;

namespace VarSparse.Core.Tests.Attention;

public class BFloat16Tests
{
    [Fact]
    public void Every_number_survives_widening_and_rounding_back()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var number = BFloat16.FromBits((ushort)bits);
            Assert.Equal(bits, number.ToBits());
            Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits((float)number));
            int quiet = float.IsNaN((float)number) ? bits | 0x40 : bits;
            Assert.Equal(quiet, ((BFloat16)(float)number).ToBits());
        }
    }

    [Fact]
    public void Rounding_finds_the_nearest_number_and_halves_go_to_even()
    {
        var random = new Random(7);
        for (int i = 0; i < 1 << 19; i++)
        {
            // Lower halves at, just below and just above the middle come up often.
            uint upper = (uint)random.Next(1 << 16) << 16;
            uint lower = (i % 4) switch { 0 => 0x8000u, 1 => 0x7FFFu, 2 => 0x8001u, _ => (uint)random.Next(1 << 16) };
            float value = BitConverter.UInt32BitsToSingle(upper | lower);
            if (!float.IsFinite(value))
                continue;
            ushort below = (ushort)(upper >> 16);
            double distanceBelow = Math.Abs((double)value - Value(below));
            double distanceAbove = Math.Abs(Value((ushort)(below + 1)) - (double)value);
            int expected = distanceBelow < distanceAbove || (distanceBelow == distanceAbove && below % 2 == 0) ? below : below + 1;
            if (((BFloat16)value).ToBits() != expected)
                Assert.Fail($"{value:R} (0x{upper | lower:X8}) rounds to 0x{((BFloat16)value).ToBits():X4}, expected 0x{expected:X4}");
        }

        // The number after the largest finite one stands for 2^128 in rounding, and is infinity.
        static double Value(ushort bits) => (bits & 0x7FFF) == 0x7F80
            ? Math.ScaleB(bits == 0x7F80 ? 1 : -1, 128)
            : (float)BFloat16.FromBits(bits);
    }

    [Fact]
    public void Too_large_becomes_infinity_and_infinity_stays()
    {
        Assert.Equal(0x7F80, ((BFloat16)float.MaxValue).ToBits());
        Assert.Equal(0xFF80, ((BFloat16)float.MinValue).ToBits());
        Assert.Equal(0x7F80, ((BFloat16)float.PositiveInfinity).ToBits());
        Assert.Equal(0xFF80, ((BFloat16)float.NegativeInfinity).ToBits());
        Assert.Equal(0x8000, ((BFloat16)(-0f)).ToBits());
    }

    [Theory]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x7F800001u)]
    [InlineData(0xFF800001u)]
    [InlineData(0x7FFF8000u)]
    [InlineData(0x7FC00000u)]
    [InlineData(0xFFBFFFFFu)]
    public void Nan_stays_nan_of_the_same_sign(uint bits)
    {
        var number = (BFloat16)BitConverter.UInt32BitsToSingle(bits);
        Assert.True(float.IsNaN((float)number), $"0x{bits:X8} became 0x{number.ToBits():X4}");
        Assert.Equal(bits >> 31, (uint)number.ToBits() >> 15);
    }

    [Fact]
    public void Equality_is_that_of_bits()
    {
        var one = (BFloat16)1f;
        Assert.True(one == BFloat16.FromBits(0x3F80) && one.Equals((object)BFloat16.FromBits(0x3F80)));
        Assert.True(one != (BFloat16)2f && !one.Equals(null));
        Assert.Equal(one.GetHashCode(), BFloat16.FromBits(0x3F80).GetHashCode());
        Assert.Equal("1.5", ((BFloat16)1.5f).ToString());
    }
}
