using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// The tensor-core products of a warp group, 128 threads at a multiple of 128 (wgmma, sm_90a), on operands in
/// <see cref="SwizzledTile"/> layout. All its threads call together.
/// </summary>
/// <remarks>
/// <para>A product is started, runs on the tensor cores while the threads compute other things, and is waited for; products end in the
/// order in which they were started. <c>Dot64</c>, <c>Dot128</c> and <c>Accumulate</c> start and wait in one.</para>
/// <para>What Start returns is not there yet: give it to <c>Wait</c>, in every path, and use only what Wait returns. Don't let
/// it cross a loop's back edge or a branch's join, where the compiler would move it. A product's accumulators then keep their registers
/// from Start to Wait. A branch may wait earlier and drop what that Wait returns, if nothing in it reads the product: the assembler counts
/// such reads as reads while it runs (C7514).</para>
/// <para>The assembler runs products one by one (ptxas info C7513, C7510) if it sees instructions that write an input of a product
/// while one is in flight. In a loop that includes the left operand of the next round: compute in float32 beside a running product, but
/// pack to 16 bits after the Wait for the product that reads the present left operand.</para>
/// </remarks>
public static class WarpGroup
{
    private const int Step = 16;

    /// <summary>Starts D = A B^T with A [64, depth] and B [64, depth], both along the contraction.</summary>
    /// <typeparam name="TElement">Element type of A and B.</typeparam>
    /// <param name="a">Descriptor of A from <see cref="SwizzledTile.Rows"/>.</param>
    /// <param name="b">Descriptor of B from <see cref="SwizzledTile.Rows"/>.</param>
    /// <param name="depth">Length of the contraction, a multiple of 16; a compile-time constant.</param>
    /// <param name="panelBytesA">Distance between panels of 64 columns of A; a compile-time constant.</param>
    /// <param name="panelBytesB">Distance between panels of 64 columns of B; a compile-time constant.</param>
    /// <returns>D [64, 64], to be waited for.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitDot))]
    public static Accumulator64x64 StartDot64<TElement>(ulong a, ulong b, int depth, int panelBytesA, int panelBytesB)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Dot<TElement, Accumulator64x64>(a, b, depth, panelBytesA, panelBytesB);

    /// <summary>Starts D = A B^T with A [64, depth] and B [128, depth], both along the contraction.</summary>
    /// <inheritdoc cref="StartDot64"/>
    /// <returns>D [64, 128], to be waited for.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitDot))]
    public static Accumulator64x128 StartDot128<TElement>(ulong a, ulong b, int depth, int panelBytesA, int panelBytesB)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Dot<TElement, Accumulator64x128>(a, b, depth, panelBytesA, panelBytesB);

    /// <summary>Starts D = C + A B with A in registers [64, k] and B [k, n] with n along its rows; k is 64 or 128, n is 64 or 128.</summary>
    /// <typeparam name="TElement">Element type of A and B.</typeparam>
    /// <param name="c">C [64, n].</param>
    /// <param name="a">A [64, k].</param>
    /// <param name="b">Descriptor of B from <see cref="SwizzledTile.Columns"/>.</param>
    /// <returns>D [64, n], to be waited for.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulate))]
    public static Accumulator64x64 StartAccumulate<TElement>(Accumulator64x64 c, LeftOperand64x64 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x64, LeftOperand64x64>(c, a, b);

    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulate))]
    public static Accumulator64x64 StartAccumulate<TElement>(Accumulator64x64 c, LeftOperand64x128 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x64, LeftOperand64x128>(c, a, b);

    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulate))]
    public static Accumulator64x128 StartAccumulate<TElement>(Accumulator64x128 c, LeftOperand64x64 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x128, LeftOperand64x64>(c, a, b);

    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulate))]
    public static Accumulator64x128 StartAccumulate<TElement>(Accumulator64x128 c, LeftOperand64x128 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x128, LeftOperand64x128>(c, a, b);

    /// <summary>
    /// Starts D = C + A B, or D = A B where <paramref name="accumulates"/> is false. C may then hold anything: a kernel that starts a new sum
    /// in the registers of a former one needs no zeros in them.
    /// </summary>
    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    /// <param name="c">C [64, n].</param>
    /// <param name="a">A [64, k].</param>
    /// <param name="b">Descriptor of B from <see cref="SwizzledTile.Columns"/>.</param>
    /// <param name="accumulates">Whether C counts; the same in all threads.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulateIf))]
    public static Accumulator64x64 StartAccumulate<TElement>(Accumulator64x64 c, LeftOperand64x128 a, ulong b, bool accumulates)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x64, LeftOperand64x128>(accumulates ? c : default, a, b);

    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x128, ulong, bool)"/>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAccumulateIf))]
    public static Accumulator64x128 StartAccumulate<TElement>(Accumulator64x128 c, LeftOperand64x128 a, ulong b, bool accumulates)
        where TElement : unmanaged, IMatrixElement =>
        SoftwareWarpGroup.Accumulate<TElement, Accumulator64x128, LeftOperand64x128>(accumulates ? c : default, a, b);

    /// <summary>Registers that hold anything, for a sum of which the first product does not accumulate. They need no instruction.</summary>
    /// <returns>D [64, 64], undefined.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitUnset))]
    internal static Accumulator64x64 Unset64() => default;

    /// <inheritdoc cref="Unset64"/>
    /// <returns>D [64, 128], undefined.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitUnset))]
    internal static Accumulator64x128 Unset128() => default;

    /// <summary>Waits until at most <paramref name="pending"/> of the latest products still run; the given one must not be among them.</summary>
    /// <param name="started">What Start returned.</param>
    /// <param name="pending">How many products may still run, 0 to 7; a compile-time constant.</param>
    /// <returns>The finished product.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitWait))]
    public static Accumulator64x64 Wait(Accumulator64x64 started, int pending) => started;

    /// <inheritdoc cref="Wait(Accumulator64x64, int)"/>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitWait))]
    public static Accumulator64x128 Wait(Accumulator64x128 started, int pending) => started;

    /// <summary>D = A B^T with A [64, depth] and B [64, depth].</summary>
    /// <inheritdoc cref="StartDot64"/>
    /// <returns>D [64, 64].</returns>
    public static Accumulator64x64 Dot64<TElement>(ulong a, ulong b, int depth, int panelBytesA, int panelBytesB)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartDot64<TElement>(a, b, depth, panelBytesA, panelBytesB), 0);

    /// <summary>D = A B^T with A [64, depth] and B [128, depth].</summary>
    /// <inheritdoc cref="StartDot64"/>
    /// <returns>D [64, 128].</returns>
    public static Accumulator64x128 Dot128<TElement>(ulong a, ulong b, int depth, int panelBytesA, int panelBytesB)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartDot128<TElement>(a, b, depth, panelBytesA, panelBytesB), 0);

    /// <summary>D = C + A B with A in registers [64, k] and B [k, n] with n along its rows.</summary>
    /// <inheritdoc cref="StartAccumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    /// <returns>D [64, n].</returns>
    public static Accumulator64x64 Accumulate<TElement>(Accumulator64x64 c, LeftOperand64x64 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartAccumulate<TElement>(c, a, b), 0);

    /// <inheritdoc cref="Accumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    public static Accumulator64x64 Accumulate<TElement>(Accumulator64x64 c, LeftOperand64x128 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartAccumulate<TElement>(c, a, b), 0);

    /// <inheritdoc cref="Accumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    public static Accumulator64x128 Accumulate<TElement>(Accumulator64x128 c, LeftOperand64x64 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartAccumulate<TElement>(c, a, b), 0);

    /// <inheritdoc cref="Accumulate{TElement}(Accumulator64x64, LeftOperand64x64, ulong)"/>
    public static Accumulator64x128 Accumulate<TElement>(Accumulator64x128 c, LeftOperand64x128 a, ulong b)
        where TElement : unmanaged, IMatrixElement =>
        Wait(StartAccumulate<TElement>(c, a, b), 0);

    /// <summary>
    /// Makes shared memory that threads or <see cref="AsyncCopy.Copy16(uint, ulong)"/> wrote visible to products and bulk copies, which
    /// read through another path. Needed between those writes and the Start: by the writer after its copies are done and before it
    /// arrives on a barrier, or by the reader after it has waited. Not where copies themselves arrive, by
    /// <see cref="AsyncBarrier.ArriveAfterCopies"/>.
    /// </summary>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitFenceAsyncProxy))]
    public static void FenceAsyncProxy() => Thread.MemoryBarrier();

    private static void EmitDot<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement
    {
        var ptx = new PtxEmitter(generator, call);
        var (a, b) = (ptx.Input(0), ptx.Input(1));
        int depth = ptx.Constant(2, "depth"), panelA = ptx.Constant(3, "panelBytesA"), panelB = ptx.Constant(4, "panelBytesB");
        if (depth <= 0 || depth % Step != 0)
            throw new NotSupportedException($"depth {depth}: a positive multiple of {Step} expected");
        string[] d = ptx.Outputs();

        // The first step ignores what D holds, so D needs no zeroes.
        Begin(ptx, depth / Step);
        for (int step = 0; step < depth / Step; step++)
        {
            string scale = step == 0 ? "none" : "all";
            Advance(ptx, "a", step, a, RowOffset(step, panelA));
            Advance(ptx, "b", step, b, RowOffset(step, panelB));
            ptx.Line($"{Instruction<TElement>(d.Length)} {PtxEmitter.Vector(d)}, a{step}, b{step}, {scale}, 1, 1, 0, 0;");
        }
        End(ptx);
    }

    private static void EmitAccumulate<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement =>
        EmitProducts<TElement>(new PtxEmitter(generator, call), first: "all");

    private static void EmitAccumulateIf<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement
    {
        var ptx = new PtxEmitter(generator, call);
        EmitProducts<TElement>(ptx, first: ptx.Input(3));
    }

    /// <param name="ptx">Writes the call.</param>
    /// <param name="first">The predicate that says whether the first step adds to what is there.</param>
    private static void EmitProducts<TElement>(PtxEmitter ptx, string first)
        where TElement : unmanaged, IMatrixElement
    {
        var (c, a, b) = (ptx.Inputs(0), ptx.Inputs(1), ptx.Input(2));
        string[] d = ptx.Outputs();

        // The result gets registers of its own, so C stays what it was for whoever else reads it; the assembler removes the moves
        // where nobody does. They stand before the fence: nothing touches D between it and the wait.
        for (int i = 0; i < d.Length; i++)
            ptx.Line($"mov.f32 {d[i]}, {c[i]};");
        Begin(ptx, a.Length / 4);
        for (int step = 0; step < a.Length / 4; step++)
        {
            string left = PtxEmitter.Vector(a[(4 * step)..((4 * step) + 4)]);
            Advance(ptx, "b", step, b, step * Step * SwizzledTile.RowBytes);
            ptx.Line($"{Instruction<TElement>(d.Length)} {PtxEmitter.Vector(d)}, {left}, b{step}, {(step == 0 ? first : "all")}, 1, 1, 1;");
        }
        End(ptx);
    }

    private static void EmitUnset(PTXBackend backend, PTXCodeGenerator generator, Value call) => new PtxEmitter(generator, call).Outputs();

    private static void EmitWait(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"wgmma.wait_group.sync.aligned {ptx.Constant(1, "pending")};");
        ptx.ResultIsInput(0);
    }

    private static void EmitFenceAsyncProxy(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxEmitter(generator, call).Line("fence.proxy.async.shared::cta;");

    private static void Begin(PtxEmitter ptx, int steps)
    {
        ptx.Line($"{{ .reg .b64 a<{steps}>, b<{steps}>; .reg .b32 low, high; .reg .pred none, all; setp.ne.b32 none, 0, 0; setp.eq.b32 all, 0, 0;");
        ptx.Line("wgmma.fence.sync.aligned;");
    }

    /// <summary>The descriptor of a step: the address is in the lower half, so one 32-bit addition moves it.</summary>
    private static void Advance(PtxEmitter ptx, string operand, int step, string descriptor, int bytes) => ptx.Line(
        $"mov.b64 {{low, high}}, {descriptor}; add.u32 low, low, {bytes / 16}; mov.b64 {operand}{step}, {{low, high}};");

    private static void End(PtxEmitter ptx) => ptx.Line("wgmma.commit_group.sync.aligned; }");

    /// <summary>A thread's share of D is N / 2 registers.</summary>
    private static string Instruction<TElement>(int registers)
        where TElement : IMatrixElement =>
        $"wgmma.mma_async.sync.aligned.m64n{2 * registers}k16.f32.{TElement.PtxName}.{TElement.PtxName}";

    /// <summary>Where the columns of a step start: 32 bytes a step within a panel's rows, four steps a panel.</summary>
    internal static int RowOffset(int step, int panelBytes) => (step / 4 * panelBytes) + (step % 4 * 2 * Step);
}
