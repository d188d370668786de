using System.Numerics;
using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class FastMathTests(KernelLab lab)
{
    private const int Outputs = 12;

    [TestKernel(Threads = 32)]
    private static void Everything<TElement>(ulong input, ulong output)
        where TElement : unmanaged, IMatrixElement
    {
        uint lane = (uint)Group.IdxX;
        float x = Interop.IntAsFloat(GlobalBytes.Load4(input + (lane * 8)));
        float y = Interop.IntAsFloat(GlobalBytes.Load4(input + (lane * 8) + 4));
        uint word = Interop.FloatAsInt(x);
        uint pair = FastMath.Pack<TElement>(x, y);
        ulong to = output + (lane * Outputs * 4);
        GlobalBytes.Store4(to, Interop.FloatAsInt(FastMath.Exp2(x)));
        GlobalBytes.Store4(to + 4, Interop.FloatAsInt(FastMath.Log2(y * y)));
        GlobalBytes.Store4(to + 8, Interop.FloatAsInt(FastMath.Fma(x, y, x)));
        GlobalBytes.Store4(to + 12, pair);
        GlobalBytes.Store4(to + 16, Interop.FloatAsInt(FastMath.UnpackLow<TElement>(pair)));
        GlobalBytes.Store4(to + 20, Interop.FloatAsInt(FastMath.UnpackHigh<TElement>(pair)));
        GlobalBytes.Store4(to + 24, Interop.FloatAsInt(FastMath.Select(word, 17, x, y)));
        GlobalBytes.Store4(to + 28, FastMath.BitField(word, 3, 11));
        GlobalBytes.Store4(to + 32, Interop.FloatAsInt(FastMath.Exp2(float.NegativeInfinity)));
        GlobalBytes.Store4(to + 36, (uint)FastMath.LowestBit(word));
        GlobalBytes.Store4(to + 40, (uint)FastMath.LowestBit(word ^ word));
        GlobalBytes.Store4(to + 44, Interop.FloatAsInt(FastMath.ReciprocalSquareRoot(y * y)));
    }

    [Fact]
    public void Bf16_results_match_scalar_code() => Matches<Bf16>(seed: 41);

    [Fact]
    public void Fp16_results_match_scalar_code() => Matches<Fp16>(seed: 42);

    [Fact]
    public void Bf16_rounds_to_the_nearest_with_ties_to_even()
    {
        for (int bits = 0; bits < 0x7F80; bits += 37)
        {
            float low = Bf16.ToSingle((ushort)bits), high = Bf16.ToSingle((ushort)(bits + 1));
            float middle = (float)((low + (double)high) / 2);
            Assert.Equal(bits % 2 == 0 ? bits : bits + 1, Bf16.FromSingle(middle));
            Assert.Equal(bits, Bf16.FromSingle(MathF.BitDecrement(middle)));
            Assert.Equal(bits + 1, Bf16.FromSingle(MathF.BitIncrement(middle)));
        }
        Assert.True(float.IsNaN(Bf16.ToSingle(Bf16.FromSingle(float.NaN))));
        Assert.Equal(float.NegativeInfinity, Bf16.ToSingle(Bf16.FromSingle(float.NegativeInfinity)));
    }

    [Fact]
    public void Ptx_is_one_instruction_each()
    {
        var bf16 = lab.Compile(((Action<ulong, ulong>)Everything<Bf16>).Method, PtxTarget.Sm80, 32);
        PtxAssert.Contains(bf16, 2, "ex2.approx.ftz.f32 %f");
        PtxAssert.Contains(bf16, 1, "lg2.approx.ftz.f32 %f");
        PtxAssert.Contains(bf16, 1, "rsqrt.approx.ftz.f32 %f");
        PtxAssert.Contains(bf16, 1, "fma.rn.f32 %f");
        PtxAssert.Contains(bf16, 1, "cvt.rn.bf16x2.f32 %r");
        PtxAssert.Contains(bf16, 1, "and.b32 t, %r");
        PtxAssert.Contains(bf16, 1, "0x00020000; setp.ne.u32 p, t, 0; selp.f32 %f");
        PtxAssert.Contains(bf16, 1, "bfe.u32 %r");
        var fp16 = lab.Compile(((Action<ulong, ulong>)Everything<Fp16>).Method, PtxTarget.Sm80, 32);
        PtxAssert.Contains(fp16, 1, "cvt.rn.f16x2.f32 %r");
        PtxAssert.Contains(fp16, 2, "cvt.f32.f16 %f");
    }

    private void Matches<TElement>(int seed)
        where TElement : unmanaged, IMatrixElement
    {
        var random = new Random(seed);
        float[] input = [.. Enumerable.Range(0, 64).Select(_ => (float)((random.NextDouble() * 20) - 10))];
        uint[] output = new uint[32 * Outputs];
        lab.Run(Everything<TElement>, 32, 0, input, output);
        for (int lane = 0; lane < 32; lane++)
        {
            var (x, y) = (input[2 * lane], input[(2 * lane) + 1]);
            uint word = BitConverter.SingleToUInt32Bits(x);
            var (low, high) = (TElement.FromSingle(x), TElement.FromSingle(y));
            string where = $"seed {seed}, lane {lane}";
            var results = output.AsSpan(lane * Outputs, Outputs);
            Near.Equal(Math.Pow(2, x), BitConverter.UInt32BitsToSingle(results[0]), 1e-6, where);
            Near.Equal(Math.Log2((double)y * y), BitConverter.UInt32BitsToSingle(results[1]), 1e-6, where);
            Near.Equal(((double)x * y) + x, BitConverter.UInt32BitsToSingle(results[2]), 1e-6, where);
            Assert.Equal(low | ((uint)high << 16), results[3]);
            Assert.Equal(TElement.ToSingle(low), BitConverter.UInt32BitsToSingle(results[4]));
            Assert.Equal(TElement.ToSingle(high), BitConverter.UInt32BitsToSingle(results[5]));
            Assert.Equal((word >> 17 & 1) == 1 ? x : y, BitConverter.UInt32BitsToSingle(results[6]));
            Assert.Equal(word >> 3 & 0x7FF, results[7]);
            Assert.Equal(0u, results[8]);
            Assert.Equal((uint)BitOperations.TrailingZeroCount(word), results[9]);
            Assert.Equal(32u, results[10]);
            Near.Equal(1 / Math.Abs(y), BitConverter.UInt32BitsToSingle(results[11]), 1e-6, where);
        }
    }
}
