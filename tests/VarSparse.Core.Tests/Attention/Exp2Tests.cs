using System.Runtime.Intrinsics;
using VarSparse.Attention.Simd;

namespace VarSparse.Core.Tests.Attention;

public unsafe class Exp2Tests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Relative_error_stays_below_3e_7_from_minus_126_to_0(int vectorBits)
    {
        const int steps = 1 << 19;
        var random = new Random(6);
        float[] exponents = [.. Enumerable.Range(0, steps).Select(i => -126f * i / steps), .. Enumerable.Range(0, steps).Select(_ => -126 * random.NextSingle()), -126, -0.5f, -1.5f, -float.Epsilon, -0f];
        float[] powers = Exp2(exponents, vectorBits);
        for (int i = 0; i < exponents.Length; i++)
        {
            double expected = Math.Pow(2, exponents[i]);
            if (!(Math.Abs(powers[i] - expected) <= 3e-7 * expected))
                Assert.Fail($"2^{exponents[i]:R} is {powers[i]}, expected {expected}");
        }
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Whole_exponents_are_exact_the_smallest_vanish_and_nan_stays(int vectorBits)
    {
        float[] whole = [.. Enumerable.Range(0, 127).Select(i => -(float)i)];
        Assert.Equal(whole.Select(exponent => MathF.Pow(2, exponent)), Exp2(whole, vectorBits));
        Assert.All(Exp2([-126.51f, -127, -128, -1000, -1e30f, float.MinValue, float.NegativeInfinity], vectorBits), power => Assert.Equal(0, power));
        Assert.All(Exp2([.. Enumerable.Repeat(float.NaN, 20)], vectorBits), power => Assert.Equal(float.NaN, power));
        float[] mixed = Exp2([0, float.NaN, -1, float.NegativeInfinity, -2], vectorBits);
        Assert.Equal([1, float.NaN, 0.5f, 0, 0.25f], mixed);
    }

    private static float[] Exp2(float[] exponents, int vectorBits) => vectorBits switch
    {
        512 => Exp2<Lanes512, Vector512<float>>(exponents),
        256 => Exp2<Lanes256, Vector256<float>>(exponents),
        _ => Exp2<Lanes128, Vector128<float>>(exponents),
    };

    private static float[] Exp2<TLanes, TVector>(float[] exponents)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        float[] padded = [.. exponents, .. new float[TLanes.Count]];
        fixed (float* values = padded)
        {
            for (int i = 0; i < exponents.Length; i += TLanes.Count)
                TLanes.Store(TLanes.Exp2(TLanes.Load(values + i)), values + i);
        }

        return padded[..exponents.Length];
    }
}
