using System.Numerics;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>Single instructions of the special-function and conversion units.</summary>
public static class FastMath
{
    /// <summary>2^x, relative error about 2^-22; results below the normal range become zero, and exp2(-infinity) is 0.</summary>
    /// <param name="x">The exponent.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitExp2))]
    public static float Exp2(float x) => MathF.Pow(2, x);

    /// <summary>log2(x), absolute error about 2^-22 near 1 and a relative one elsewhere; log2(0) is minus infinity.</summary>
    /// <param name="x">A value of at least zero; denormals count as zero.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitLog2))]
    public static float Log2(float x) => MathF.Log2(x);

    /// <summary>1 / x to within 1 unit in the last place, or 0 for 0.</summary>
    /// <param name="x">Any value; denormals count as zero.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitReciprocalOrZero))]
    public static float ReciprocalOrZero(float x) => x == 0 ? 0 : 1 / x;

    /// <summary>1 / sqrt(x), relative error about 2^-22; infinite for 0.</summary>
    /// <param name="x">A value of at least zero; denormals count as zero.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitReciprocalSquareRoot))]
    public static float ReciprocalSquareRoot(float x) => 1 / MathF.Sqrt(x);

    /// <summary>a b + c with 32-bit factors and a 64-bit sum, in one instruction: a row's address from its index.</summary>
    /// <param name="a">A factor.</param>
    /// <param name="b">A factor.</param>
    /// <param name="c">The addend.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitMultiplyAddWide))]
    public static ulong MultiplyAddWide(uint a, uint b, ulong c) => (ulong)a * b + c;

    /// <summary>a b + c rounded once.</summary>
    /// <param name="a">A factor.</param>
    /// <param name="b">A factor.</param>
    /// <param name="c">The addend.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitFma))]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>Rounds two values to 16 bits, ties to even, and packs them as matrix operands want them.</summary>
    /// <typeparam name="TElement">The 16-bit type.</typeparam>
    /// <param name="low">Goes to bits 0 to 15: the element with the lower index.</param>
    /// <param name="high">Goes to bits 16 to 31.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitPack))]
    public static uint Pack<TElement>(float low, float high)
        where TElement : unmanaged, IMatrixElement =>
        TElement.FromSingle(low) | ((uint)TElement.FromSingle(high) << 16);

    /// <summary>The element in bits 0 to 15.</summary>
    /// <typeparam name="TElement">The 16-bit type.</typeparam>
    /// <param name="pair">Two packed elements.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitUnpackLow))]
    public static float UnpackLow<TElement>(uint pair)
        where TElement : unmanaged, IMatrixElement =>
        TElement.ToSingle((ushort)pair);

    /// <summary>The element in bits 16 to 31.</summary>
    /// <typeparam name="TElement">The 16-bit type.</typeparam>
    /// <param name="pair">Two packed elements.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitUnpackHigh))]
    public static float UnpackHigh<TElement>(uint pair)
        where TElement : unmanaged, IMatrixElement =>
        TElement.ToSingle((ushort)(pair >> 16));

    /// <summary>One of two values by one bit of a mask word.</summary>
    /// <param name="word">The mask word.</param>
    /// <param name="bit">Which bit, 0 to 31; a compile-time constant.</param>
    /// <param name="whenSet">The result where the bit is one.</param>
    /// <param name="whenClear">The result where the bit is zero.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitSelect))]
    public static float Select(uint word, int bit, float whenSet, float whenClear) => ((word >> bit) & 1) != 0 ? whenSet : whenClear;

    /// <summary>Bits of a word as an unsigned number.</summary>
    /// <param name="word">The word.</param>
    /// <param name="start">The lowest bit, 0 to 31.</param>
    /// <param name="length">How many bits, 1 to 31.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitBitField))]
    public static uint BitField(uint word, int start, int length) => (word >> start) & ((1u << length) - 1);

    /// <summary>The number of the lowest bit that is one, or 32 where none is.</summary>
    /// <param name="word">The word.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitLowestBit))]
    public static int LowestBit(uint word) => BitOperations.TrailingZeroCount(word);

    private static void EmitExp2(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string x = ptx.Input(0);
        ptx.Line($"ex2.approx.ftz.f32 {ptx.Output()}, {x};");
    }

    private static void EmitLog2(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string x = ptx.Input(0);
        ptx.Line($"lg2.approx.ftz.f32 {ptx.Output()}, {x};");
    }

    private static void EmitReciprocalOrZero(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (x, result) = (ptx.Input(0), ptx.Output());
        ptx.Line($"{{ .reg .pred p; setp.eq.ftz.f32 p, {x}, 0f00000000; rcp.approx.ftz.f32 {result}, {x}; selp.f32 {result}, 0f00000000, {result}, p; }}");
    }

    private static void EmitReciprocalSquareRoot(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string x = ptx.Input(0);
        ptx.Line($"rsqrt.approx.ftz.f32 {ptx.Output()}, {x};");
    }

    private static void EmitMultiplyAddWide(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (a, b, c) = (ptx.Input(0), ptx.Input(1), ptx.Input(2));

        // Of mad.wide.u32 the assembler makes a product and two additions; this it recognises as the one instruction that it is.
        ptx.Line($"{{ .reg .b64 x, y; cvt.u64.u32 x, {a}; cvt.u64.u32 y, {b}; mad.lo.u64 {ptx.Output()}, x, y, {c}; }}");
    }

    private static void EmitFma(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (a, b, c) = (ptx.Input(0), ptx.Input(1), ptx.Input(2));
        ptx.Line($"fma.rn.f32 {ptx.Output()}, {a}, {b}, {c};");
    }

    private static void EmitPack<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement
    {
        // The instruction names the upper half first.
        var ptx = new PtxEmitter(generator, call);
        var (low, high) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"cvt.rn.{TElement.PtxName}x2.f32 {ptx.Output()}, {high}, {low};");
    }

    private static void EmitUnpackLow<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement =>
        EmitUnpack<TElement>(generator, call, high: false);

    private static void EmitUnpackHigh<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement =>
        EmitUnpack<TElement>(generator, call, high: true);

    private static void EmitUnpack<TElement>(PTXCodeGenerator generator, Value call, bool high)
        where TElement : unmanaged, IMatrixElement
    {
        var ptx = new PtxEmitter(generator, call);
        var (pair, result) = (ptx.Input(0), ptx.Output());

        // A bfloat16 is the upper half of its float32: no conversion, one integer instruction.
        ptx.Line(typeof(TElement) == typeof(Bf16)
            ? high ? $"and.b32 {result}, {pair}, 0xffff0000;" : $"shl.b32 {result}, {pair}, 16;"
            : $"{{ .reg .b16 lo, hi; mov.b32 {{lo, hi}}, {pair}; cvt.f32.f16 {result}, {(high ? "hi" : "lo")}; }}");
    }

    private static void EmitSelect(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        // With the mask as an immediate the assembler folds the test into one LOP3 that sets the predicate.
        var ptx = new PtxEmitter(generator, call);
        var (word, whenSet, whenClear) = (ptx.Input(0), ptx.Input(2), ptx.Input(3));
        uint mask = 1u << ptx.Constant(1, "bit");
        ptx.Line($"{{ .reg .b32 t; .reg .pred p; and.b32 t, {word}, 0x{mask:x8}; setp.ne.u32 p, t, 0; " +
            $"selp.f32 {ptx.Output()}, {whenSet}, {whenClear}, p; }}");
    }

    private static void EmitBitField(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (word, start, length) = (ptx.Input(0), ptx.Input(1), ptx.Input(2));
        ptx.Line($"bfe.u32 {ptx.Output()}, {word}, {start}, {length};");
    }

    private static void EmitLowestBit(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string word = ptx.Input(0);
        ptx.Line($"{{ .reg .b32 t; brev.b32 t, {word}; clz.b32 {ptx.Output()}, t; }}");
    }
}
