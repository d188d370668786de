using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>Exchange within segments of a warp: 2, 4, 8, 16 or 32 neighbouring lanes.</summary>
public static class WarpSegment
{
    /// <summary>
    /// The value of one lane of the own segment. All lanes of the warp take part. With both numbers in the instruction no lane computes
    /// whom it reads from.
    /// </summary>
    /// <param name="value">The lane's own value.</param>
    /// <param name="lane">Which lane of the segment; a compile-time constant.</param>
    /// <param name="width">Lanes of a segment; a compile-time constant.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitShuffle))]
    public static uint Shuffle(uint value, int lane, int width) =>
        WarpExchange.Publish(value)[Warp.LaneIdx / width * width + lane];

    private static void EmitShuffle(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string value = ptx.Input(0);
        int lane = ptx.Constant(1, "lane"), width = ptx.Constant(2, "width");

        // The bits of the own lane's number that stay, and the last lane that may be read.
        int clamp = ((32 - width) << 8) | 31;
        ptx.Line($"shfl.sync.idx.b32 {ptx.Output()}, {value}, {lane}, {clamp}, 0xffffffff;");
    }
}
