using System.Runtime.CompilerServices;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// The 16 hardware barriers of a group, for some of its warps. Barrier 0 is the one that ILGPU's <c>Group.Barrier</c> uses. All lanes
/// of a warp call together; a barrier is free again as soon as the announced number of threads has arrived.
/// </summary>
public static unsafe class NamedBarrier
{
    /// <summary>Arrives and waits until <paramref name="threads"/> threads have arrived; memory written before is visible after.</summary>
    /// <param name="id">0 to 15.</param>
    /// <param name="threads">How many threads sync or arrive in all, a multiple of 32, the same in every call of one round.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitSync))]
    public static void Sync(int id, int threads)
    {
        var (_, generationAddress) = SoftwareGroup.NamedBarrier(id);
        ref int generation = ref Unsafe.AsRef<int>((void*)generationAddress);
        int before = Volatile.Read(ref generation);
        Arrive(id, threads);
        var wait = new PatientSpin();
        while (Volatile.Read(ref generation) == before)
            wait.Once("named barrier", id);
    }

    /// <summary>Arrives without waiting, for threads that only produce what the others wait for.</summary>
    /// <param name="id">0 to 15.</param>
    /// <param name="threads">How many threads sync or arrive in all, a multiple of 32, the same in every call of one round.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitArrive))]
    public static void Arrive(int id, int threads)
    {
        if (threads <= 0 || threads % 32 != 0)
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "a positive multiple of 32 expected");
        var (arrivedAddress, generationAddress) = SoftwareGroup.NamedBarrier(id);
        ref int arrived = ref Unsafe.AsRef<int>((void*)arrivedAddress);
        if (Interlocked.Increment(ref arrived) == threads)
        {
            Volatile.Write(ref arrived, 0);
            Interlocked.Increment(ref Unsafe.AsRef<int>((void*)generationAddress));
        }
    }

    private static void EmitSync(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "bar.sync");

    private static void EmitArrive(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "bar.arrive");

    private static void Emit(PTXCodeGenerator generator, Value call, string instruction)
    {
        var ptx = new PtxEmitter(generator, call);
        var (id, threads) = (ptx.Input(0), ptx.Input(1));
        ptx.Line($"{instruction} {id}, {threads};");
    }
}
