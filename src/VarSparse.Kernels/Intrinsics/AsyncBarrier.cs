using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// Barriers in shared memory (mbarrier, sm_90) on which threads and copies arrive, and for whose phases threads wait without taking
/// part. A phase ends when all announced arrivals, and all announced bytes, have come; the next phase follows at once.
/// </summary>
/// <remarks>
/// A waiter names the phase by its parity: 0 for the first, 1 for the second, 0 for the third. Waiting for parity 1 on a fresh barrier
/// returns at once, which is how a producer takes buffers that nobody has used yet.
/// </remarks>
public static unsafe class AsyncBarrier
{
    /// <summary>Size of a barrier in shared memory, and its alignment.</summary>
    public const int Bytes = 8;

    /// <summary>Makes a barrier; one thread does it, and a barrier of the group must follow before others use it.</summary>
    /// <param name="barrier">Shared-memory address, a multiple of 8.</param>
    /// <param name="arrivals">How many arrivals end a phase.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitInitialize))]
    public static void Initialize(uint barrier, int arrivals) => SoftwareAsyncBarrier.Initialize(ref Word(barrier), arrivals);

    /// <summary>Arrives once; what the thread wrote before is visible to those who waited.</summary>
    /// <param name="barrier">Shared-memory address.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitArrive))]
    public static void Arrive(uint barrier) => SoftwareAsyncBarrier.Update(ref Word(barrier), arrivals: 1, bytes: 0);

    /// <summary>Announces bytes that bulk copies will bring in this phase, and arrives once.</summary>
    /// <param name="barrier">Shared-memory address.</param>
    /// <param name="bytes">How many bytes more this phase waits for.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitArriveAndExpect))]
    public static void ArriveAndExpect(uint barrier, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        SoftwareAsyncBarrier.Update(ref Word(barrier), arrivals: 1, bytes);
    }

    /// <summary>
    /// Lets the thread's earlier <see cref="AsyncCopy.Copy16(uint, ulong)"/> copies arrive once, when they are done: the thread itself
    /// goes on. It counts as one of the announced arrivals.
    /// </summary>
    /// <param name="barrier">Shared-memory address.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitArriveAfterCopies))]
    public static void ArriveAfterCopies(uint barrier) => SoftwareAsyncBarrier.Update(ref Word(barrier), arrivals: 1, bytes: 0);

    /// <summary>Whether a phase has ended; the hardware may take a moment before it says no.</summary>
    /// <param name="barrier">Shared-memory address.</param>
    /// <param name="parity">Parity of the phase, 0 or 1.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitTryWait))]
    public static bool TryWait(uint barrier, int parity) => SoftwareAsyncBarrier.HasEnded(ref Word(barrier), parity);

    /// <summary>Waits for the end of a phase.</summary>
    /// <param name="barrier">Shared-memory address.</param>
    /// <param name="parity">Parity of the phase, 0 or 1.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitWait))]
    public static void Wait(uint barrier, int parity)
    {
        ref long word = ref Word(barrier);
        var wait = new PatientSpin();
        while (!SoftwareAsyncBarrier.HasEnded(ref word, parity))
            wait.Once("barrier at shared address", barrier);
    }

    internal static ref long Word(uint barrier) => ref Unsafe.AsRef<long>(SoftwareGroup.Pointer(barrier, Bytes, Bytes));

    private static void EmitInitialize(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (barrier, arrivals) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"mbarrier.init.shared.b64 [{barrier}], {arrivals};");
    }

    private static void EmitArrive(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"mbarrier.arrive.shared.b64 _, [{ptx.Input(0)}];");
    }

    private static void EmitArriveAndExpect(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (barrier, bytes) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"mbarrier.arrive.expect_tx.shared.b64 _, [{barrier}], {bytes};");
    }

    private static void EmitArriveAfterCopies(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"cp.async.mbarrier.arrive.noinc.shared.b64 [{ptx.Input(0)}];");
    }

    private static void EmitTryWait(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (barrier, parity) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"mbarrier.try_wait.parity.shared.b64 {ptx.Output()}, [{barrier}], {parity};");
    }

    private static void EmitWait(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        // Labels inside braces are local to them.
        var ptx = new PtxEmitter(generator, call);
        var (barrier, parity) = (ptx.Input(0), ptx.Input(1));
        ptx.Line("{ .reg .pred ended;");
        ptx.Line("WAIT:");
        ptx.Line($"mbarrier.try_wait.parity.shared.b64 ended, [{barrier}], {parity};");
        ptx.Line("@!ended bra WAIT; }");
    }
}
