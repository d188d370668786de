using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// The dynamic shared memory of a group, reached by 32-bit shared-memory addresses: the form that <see cref="AsyncCopy"/>,
/// <see cref="MatrixLoad"/> and matrix descriptors want.
/// </summary>
public static unsafe class SharedBytes
{
    /// <summary>Name of the dynamic shared memory in PTX that ILGPU writes.</summary>
    internal const string Symbol = "__dyn_shared_alloca";

    /// <summary>
    /// Address of the first dynamic byte; a multiple of 1024 in PTX from this library's compiler. Call it exactly once, at the start
    /// of the kernel, in every thread of the group. A kernel holds either this or ILGPU's own dynamic shared memory.
    /// </summary>
    /// <returns>A shared-memory address in bytes, not necessarily zero.</returns>
    public static uint Base()
    {
        // ILGPU refuses a launch with dynamic shared memory unless it sees the kernel ask for it.
        var memory = SharedMemory.GetDynamic<byte>();
        return AddressOf(ref memory[0], memory.IntLength);
    }

    /// <summary>Reads one 32-bit word.</summary>
    /// <param name="address">A multiple of 4.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitLoad4))]
    public static uint Load4(uint address) => Unsafe.Read<uint>(SoftwareGroup.Pointer(address, 4, 4));

    /// <summary>Reads 16 bytes with one instruction.</summary>
    /// <param name="address">A multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitLoad16))]
    public static Bytes16 Load16(uint address) => Unsafe.Read<Bytes16>(SoftwareGroup.Pointer(address, 16, 16));

    /// <summary>Writes one 32-bit word.</summary>
    /// <param name="address">A multiple of 4.</param>
    /// <param name="value">The word.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitStore4))]
    public static void Store4(uint address, uint value) => Unsafe.Write(SoftwareGroup.Pointer(address, 4, 4), value);

    /// <summary>Writes 16 bytes with one instruction.</summary>
    /// <param name="address">A multiple of 16.</param>
    /// <param name="value">The bytes.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitStore16))]
    public static void Store16(uint address, Bytes16 value) => Unsafe.Write(SoftwareGroup.Pointer(address, 16, 16), value);

    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAddressOf))]
    private static uint AddressOf(ref byte first, int length) =>
        SoftwareGroup.Enter((byte*)Unsafe.AsPointer(ref first), length);

    private static void EmitAddressOf(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"mov.u32 {ptx.Output()}, {Symbol};");
    }

    private static void EmitLoad4(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"ld.shared.b32 {ptx.Output()}, [{ptx.Input(0)}];");
    }

    private static void EmitLoad16(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        ptx.Line($"ld.shared.v4.b32 {PtxEmitter.Vector(ptx.Outputs())}, [{ptx.Input(0)}];");
    }

    private static void EmitStore4(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (address, value) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"st.shared.b32 [{address}], {value};");
    }

    private static void EmitStore16(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        var (address, value) = (ptx.Input(0), ptx.Inputs(1));
        ptx.Line($"st.shared.v4.b32 [{address}], {PtxEmitter.Vector(value)};");
    }
}
