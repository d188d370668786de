using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>The tensor-core product that one warp computes (sm_80 and later).</summary>
public static class TensorCore
{
    /// <summary>
    /// D = A B + C with A [16, 16], B [16, 8] and C, D [16, 8]; float32 accumulation. All 32 lanes take part, each with its share
    /// as the fragment types describe.
    /// </summary>
    /// <typeparam name="TElement">Element type of A and B.</typeparam>
    /// <param name="c">The addend.</param>
    /// <param name="a">The left operand.</param>
    /// <param name="b">The right operand.</param>
    /// <returns>The lane's share of D.</returns>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitMultiplyAdd))]
    public static AccumulatorTile MultiplyAdd<TElement>(AccumulatorTile c, FragmentA a, FragmentB b)
        where TElement : unmanaged, IMatrixElement
    {
        var lanes = WarpExchange.Publish((A: a, B: b));
        var (group, member) = (Warp.LaneIdx / 4, Warp.LaneIdx % 4);
        for (int source = 0; source < 4; source++)
        {
            // Lane 4r+s holds columns 2s, 2s+1, 2s+8, 2s+9 of rows r and r+8 of A, and the same rows of column r of B.
            var left = lanes[(4 * group) + source].A;
            var right0 = lanes[(8 * member) + source].B;
            var right1 = lanes[(8 * member) + 4 + source].B;
            c.Top0 += Dot<TElement>(left.A0, right0.B0) + Dot<TElement>(left.A2, right0.B1);
            c.Top1 += Dot<TElement>(left.A0, right1.B0) + Dot<TElement>(left.A2, right1.B1);
            c.Bottom0 += Dot<TElement>(left.A1, right0.B0) + Dot<TElement>(left.A3, right0.B1);
            c.Bottom1 += Dot<TElement>(left.A1, right1.B0) + Dot<TElement>(left.A3, right1.B1);
        }
        return c;
    }

    private static float Dot<TElement>(uint left, uint right)
        where TElement : IMatrixElement =>
        (TElement.ToSingle((ushort)left) * TElement.ToSingle((ushort)right)) +
        (TElement.ToSingle((ushort)(left >> 16)) * TElement.ToSingle((ushort)(right >> 16)));

    private static void EmitMultiplyAdd<TElement>(PTXBackend backend, PTXCodeGenerator generator, Value call)
        where TElement : unmanaged, IMatrixElement
    {
        var ptx = new PtxEmitter(generator, call);
        string c = PtxEmitter.Vector(ptx.Inputs(0));
        string a = PtxEmitter.Vector(ptx.Inputs(1));
        string b = PtxEmitter.Vector(ptx.Inputs(2));
        string d = PtxEmitter.Vector(ptx.Outputs());
        ptx.Line($"mma.sync.aligned.m16n8k16.row.col.f32.{TElement.PtxName}.{TElement.PtxName}.f32 {d}, {a}, {b}, {c};");
    }
}
