using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// Moves registers between the warp groups of a running group of threads (setmaxnreg, sm_90a): producers give up what consumers take.
/// All warps of a warp group call it together. It has no effect on the CPU accelerator.
/// </summary>
public static class RegisterBudget
{
    /// <summary>Takes registers from the group's pool; waits until there are enough.</summary>
    /// <param name="registers">Registers per thread from now on: 24 to 256, a multiple of 8, a compile-time constant.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitIncrease))]
    public static void Increase(int registers) => Check(registers);

    /// <summary>Gives registers back to the group's pool.</summary>
    /// <param name="registers">Registers per thread from now on: 24 to 256, a multiple of 8, a compile-time constant.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitDecrease))]
    public static void Decrease(int registers) => Check(registers);

    private static void Check(int registers)
    {
        if (registers is < 24 or > 256 || registers % 8 != 0)
            throw new ArgumentOutOfRangeException(nameof(registers), registers, "24 to 256 and a multiple of 8 expected");
    }

    private static void EmitIncrease(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "inc");

    private static void EmitDecrease(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "dec");

    private static void Emit(PTXCodeGenerator generator, Value call, string direction)
    {
        var ptx = new PtxEmitter(generator, call);
        int registers = ptx.Constant(0, "registers");
        Check(registers);
        ptx.Line($"setmaxnreg.{direction}.sync.aligned.u32 {registers};");
    }
}
