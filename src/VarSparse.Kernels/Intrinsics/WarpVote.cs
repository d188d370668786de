using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>Questions that the 32 lanes of a warp answer together.</summary>
public static class WarpVote
{
    /// <summary>Whether the condition holds in any lane. All lanes take part and get the same answer.</summary>
    /// <param name="condition">The lane's own condition.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitAny))]
    public static bool Any(bool condition)
    {
        var lanes = WarpExchange.Publish(condition ? 1 : 0);
        int count = 0;
        for (int lane = 0; lane < Warp.WarpSize; lane++)
            count += lanes[lane];
        return count > 0;
    }

    /// <summary>A bit for each lane: whether the condition holds in it. All lanes take part and get the same answer.</summary>
    /// <param name="condition">The lane's own condition.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitBallot))]
    public static uint Ballot(bool condition)
    {
        var lanes = WarpExchange.Publish(condition ? 1u : 0);
        uint bits = 0;
        for (int lane = 0; lane < Warp.WarpSize; lane++)
            bits |= lanes[lane] << lane;
        return bits;
    }

    private static void EmitAny(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string condition = ptx.Input(0);
        ptx.Line($"vote.sync.any.pred {ptx.Output()}, {condition}, 0xffffffff;");
    }

    private static void EmitBallot(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string condition = ptx.Input(0);
        ptx.Line($"vote.sync.ballot.b32 {ptx.Output()}, {condition}, 0xffffffff;");
    }
}
