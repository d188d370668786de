namespace VarSparse.Patterns;

/// <summary>
/// Finds the heaviest keys of a row without sorting it: a radix search for the smallest mass that is kept, eight bits a pass, then the keys
/// in ascending order. The GPU kernel does the same on the same integers, so both pick the same keys.
/// </summary>
/// <remarks>
/// A mass of zero or more has the order of its bits. For sums it is cut to 31 bits below the row's largest one, which makes them exact.
/// </remarks>
internal sealed class KeyRanking(int keyCount)
{
    private const uint Infinity = 0x7F800000;
    private const int Digits = 256;
    private const int DigitBits = 8;

    private readonly uint[] _bits = new uint[keyCount];
    private readonly int[] _counts = new int[Digits];
    private readonly long[] _weights = new long[Digits];

    /// <summary>Writes the heaviest keys, ascending, and returns how many they are.</summary>
    public int KeepHeaviest(ReadOnlySpan<float> masses, int keep, Span<int> keys)
    {
        Load(masses);
        return Write(Find(keep, coverage: 0, largest: 0), keys);
    }

    /// <summary>Writes the fewest keys that hold a share of the mass, ascending, and returns how many they are.</summary>
    public int KeepCoverage(ReadOnlySpan<float> masses, double coverage, Span<int> keys)
    {
        Load(masses);
        uint largest = 0;
        foreach (uint bits in _bits)
            largest = Math.Max(largest, bits);

        // Without mass, or with some that is no finite number, there is nothing to rank by: what is not known to be dispensable is kept.
        bool isRanked = largest is > 0 and < Infinity;
        return Write(isRanked ? Find(keep: 0, coverage, largest) : new Threshold(0, int.MaxValue), keys);
    }

    /// <summary>Masses as integers of the same order: nothing is below zero, and no number stands above infinity.</summary>
    private void Load(ReadOnlySpan<float> masses)
    {
        for (int key = 0; key < _bits.Length; key++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(masses[key]);
            uint magnitude = bits & 0x7FFFFFFF;
            _bits[key] = bits == magnitude || magnitude > Infinity ? magnitude : 0;
        }
    }

    /// <summary>Finds what is kept: by number, or with 0 by coverage.</summary>
    private Threshold Find(int keep, double coverage, uint largest)
    {
        uint prefix = 0;
        long target = keep, above = 0;
        for (int shift = 32 - DigitBits; shift >= 0; shift -= DigitBits)
        {
            Count(prefix, shift, keep > 0, largest);
            if (shift == 32 - DigitBits && keep == 0)
                target = RoundUp(coverage * _weights.Sum());
            int digit = Digits - 1;
            for (; above + WeightOf(digit) < target; digit--)
                above += WeightOf(digit);
            prefix = (prefix << DigitBits) | (uint)digit;
        }

        long step = keep > 0 ? 1 : Weight(prefix, largest);
        return new Threshold(prefix, (target - above + step - 1) / step);

        long WeightOf(int digit) => keep > 0 ? _counts[digit] : _weights[digit];
    }

    /// <summary>Counts, or weighs, the masses that share a prefix by their next digit.</summary>
    private void Count(uint prefix, int shift, bool byNumber, uint largest)
    {
        Array.Clear(_counts);
        Array.Clear(_weights);
        bool all = shift == 32 - DigitBits;
        foreach (uint bits in _bits)
        {
            if (!all && bits >> (shift + DigitBits) != prefix)
                continue;
            int digit = (int)(bits >> shift) & (Digits - 1);
            if (byNumber)
                _counts[digit]++;
            else
                _weights[digit] += Weight(bits, largest);
        }
    }

    /// <summary>A mass as a whole number of 31 bits, relative to the largest one's power of two.</summary>
    private static uint Weight(uint bits, uint largest)
    {
        // Subnormal numbers share the smallest exponent and lack the leading one.
        int exponent = Math.Max((int)(bits >> 23), 1);
        int shift = Math.Max((int)(largest >> 23), 1) - exponent;
        uint fraction = (bits & 0x7FFFFF) | (bits >> 23 != 0 ? 0x800000u : 0);
        return shift > 30 ? 0 : (fraction << 7) >> shift;
    }

    private static long RoundUp(double value)
    {
        long below = (long)value;
        return below < value ? below + 1 : below;
    }

    private int Write(Threshold threshold, Span<int> keys)
    {
        int count = 0;
        long equal = threshold.Equal;
        for (int key = 0; key < _bits.Length; key++)
        {
            uint bits = _bits[key];
            if (bits > threshold.Bits || (bits == threshold.Bits && equal-- > 0))
                keys[count++] = key;
        }

        return count;
    }

    /// <summary>Keys above some bits are kept, and of those with these very bits the first few.</summary>
    private readonly record struct Threshold(uint Bits, long Equal);
}
