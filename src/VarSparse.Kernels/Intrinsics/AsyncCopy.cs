using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// Copies from global to shared memory that run while the thread goes on (sm_80 and later). A thread's copies since its last
/// <see cref="Commit"/> form a group; groups complete in order. After <see cref="Wait"/> a barrier makes the bytes visible to others.
/// </summary>
/// <remarks>On the CPU accelerator a copy is done when the call returns.</remarks>
public static unsafe class AsyncCopy
{
    /// <summary>Starts a copy of 16 bytes, past the L1 cache.</summary>
    /// <param name="shared">Destination, a shared-memory address, a multiple of 16.</param>
    /// <param name="global">Source, a global address, a multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCopy))]
    public static void Copy16(uint shared, ulong global) =>
        Unsafe.CopyBlock(SoftwareGroup.Pointer(shared, 16, 16), GlobalBytes.Pointer(global, 16), 16);

    /// <summary>Starts a copy of 4 bytes.</summary>
    /// <param name="shared">Destination, a shared-memory address, a multiple of 4.</param>
    /// <param name="global">Source, a global address, a multiple of 4.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCopy4))]
    public static void Copy4(uint shared, ulong global) =>
        Unsafe.CopyBlock(SoftwareGroup.Pointer(shared, 4, 4), GlobalBytes.Pointer(global, 4), 4);

    /// <summary>Starts a copy of the first <paramref name="sourceBytes"/> bytes and fills the rest of the 16 with zeros.</summary>
    /// <param name="shared">Destination, a shared-memory address, a multiple of 16.</param>
    /// <param name="global">Source, a global address, a multiple of 16; not read when <paramref name="sourceBytes"/> is 0.</param>
    /// <param name="sourceBytes">0 to 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCopyZeroFill))]
    public static void Copy16(uint shared, ulong global, int sourceBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)sourceBytes, 16u);
        byte* destination = SoftwareGroup.Pointer(shared, 16, 16);
        Unsafe.InitBlock(destination, 0, 16);
        Unsafe.CopyBlock(destination, GlobalBytes.Pointer(global, 16), (uint)sourceBytes);
    }

    /// <summary>
    /// Starts a copy of 16 bytes, or writes 16 zeros where there is nothing to copy: a predicate on one instruction, where a number of
    /// bytes costs a dozen.
    /// </summary>
    /// <param name="shared">Destination, a shared-memory address, a multiple of 16.</param>
    /// <param name="global">Source, a global address, a multiple of 16; not read where it is missing.</param>
    /// <param name="isMissing">Whether zeros are written.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCopyUnless))]
    public static void Copy16Unless(uint shared, ulong global, bool isMissing) => Copy16(shared, global, isMissing ? 0 : 16);

    /// <summary>
    /// Starts a copy of consecutive bytes that one thread issues and the copy engine carries out (sm_90). Its bytes count on
    /// <paramref name="barrier"/>, where <see cref="AsyncBarrier.ArriveAndExpect"/> announces them; groups do not hold it.
    /// </summary>
    /// <param name="shared">Destination, a shared-memory address, a multiple of 16.</param>
    /// <param name="global">Source, a global address, a multiple of 16.</param>
    /// <param name="bytes">A multiple of 16.</param>
    /// <param name="barrier">Shared-memory address of an <see cref="AsyncBarrier"/>.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCopyBulk))]
    public static void CopyBulk(uint shared, ulong global, int bytes, uint barrier)
    {
        if (bytes <= 0 || bytes % 16 != 0)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "a positive multiple of 16 expected");
        Unsafe.CopyBlock(SoftwareGroup.Pointer(shared, bytes, 16), GlobalBytes.Pointer(global, 16), (uint)bytes);
        SoftwareAsyncBarrier.Update(ref AsyncBarrier.Word(barrier), arrivals: 0, -bytes);
    }

    /// <summary>Ends a group: the thread's copies since the last commit.</summary>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitCommit))]
    public static void Commit()
    {
    }

    /// <summary>Waits until at most <paramref name="pending"/> of the thread's latest groups are still under way.</summary>
    /// <param name="pending">A compile-time constant; 0 waits for all.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitWait))]
    public static void Wait(int pending) => ArgumentOutOfRangeException.ThrowIfNegative(pending);

    private static void EmitCopy(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (shared, global) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"cp.async.cg.shared.global [{shared}], [{global}], 16;");
    }

    private static void EmitCopy4(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (shared, global) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"cp.async.ca.shared.global [{shared}], [{global}], 4;");
    }

    private static void EmitCopyZeroFill(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (shared, global, bytes) = (ptx.Input(0), ptx.Input(1), ptx.Input(2));
        ptx.Line($"cp.async.cg.shared.global [{shared}], [{global}], 16, {bytes};");
    }

    private static void EmitCopyUnless(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (shared, global, isMissing) = (ptx.Input(0), ptx.Input(1), ptx.Input(2));
        ptx.Line($"cp.async.cg.shared.global [{shared}], [{global}], 16, {isMissing};");
    }

    private static void EmitCopyBulk(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (shared, global, bytes, barrier) = (ptx.Input(0), ptx.Input(1), ptx.Input(2), ptx.Input(3));
        ptx.Line($"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [{shared}], [{global}], {bytes}, [{barrier}];");
    }

    private static void EmitCommit(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxEmitter(generator, call).Line("cp.async.commit_group;");

    private static void EmitWait(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"cp.async.wait_group {ptx.Constant(0, "pending")};");
    }
}
