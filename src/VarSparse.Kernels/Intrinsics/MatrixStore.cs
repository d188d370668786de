using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>
/// Stores of 8x8 matrices of 16-bit elements from the lane layout of <see cref="TensorCore"/> and <see cref="WarpGroup"/> results to shared
/// memory (stmatrix, sm_90): the way back of <see cref="MatrixLoad"/>.
/// </summary>
public static unsafe class MatrixStore
{
    /// <summary>Stores four matrices. All 32 lanes take part: lane 8m+r gives the address of row r (16 bytes) of matrix m.</summary>
    /// <param name="rowAddress">Shared-memory address of this lane's row, a multiple of 16.</param>
    /// <param name="matrices">Of every matrix the lane's row lane / 4, columns 2 (lane % 4) and one more, the lower in the lower half.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitQuad))]
    public static void Store4(uint rowAddress, MatrixQuad matrices)
    {
        var rows = WarpExchange.Publish(rowAddress);
        Store(rows[Warp.LaneIdx / 4], matrices.M0);
        Store(rows[8 + Warp.LaneIdx / 4], matrices.M1);
        Store(rows[16 + Warp.LaneIdx / 4], matrices.M2);
        Store(rows[24 + Warp.LaneIdx / 4], matrices.M3);
    }

    private static void Store(uint rowAddress, uint elements) =>
        Unsafe.Write(SoftwareGroup.Pointer(rowAddress, 16, 16) + 4 * (Warp.LaneIdx % 4), elements);

    private static void EmitQuad(PTXBackend backend, PTXCodeGenerator generator, Value call)
    {
        var ptx = new PtxEmitter(generator, call);
        string address = ptx.Input(0);
        ptx.Line($"stmatrix.sync.aligned.m8n8.x4.shared.b16 [{address}], {PtxEmitter.Vector(ptx.Inputs(1))};");
    }
}
