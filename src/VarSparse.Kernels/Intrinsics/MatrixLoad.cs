using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using VarSparse.Kernels.Intrinsics.Emulation;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>A lane's share of two 8x8 matrices of 16-bit elements, one register each.</summary>
public struct MatrixPair
{
    /// <summary>The lane's two elements of matrix 0.</summary>
    public uint M0;

    /// <summary>The lane's two elements of matrix 1.</summary>
    public uint M1;
}

/// <summary>A lane's share of four 8x8 matrices of 16-bit elements, one register each.</summary>
public struct MatrixQuad
{
    /// <summary>The lane's two elements of matrix 0.</summary>
    public uint M0;

    /// <summary>The lane's two elements of matrix 1.</summary>
    public uint M1;

    /// <summary>The lane's two elements of matrix 2.</summary>
    public uint M2;

    /// <summary>The lane's two elements of matrix 3.</summary>
    public uint M3;
}

/// <summary>
/// Loads of 8x8 matrices of 16-bit elements from shared memory into the lane layout of <see cref="TensorCore"/> operands. All 32 lanes
/// take part: lane 8m+r gives the address of row r (16 bytes) of matrix m.
/// </summary>
/// <remarks>
/// Plain, a lane receives of every matrix row lane / 4, columns 2 (lane % 4) and one more, the lower in the lower half. Transposed, it
/// receives column lane / 4, rows 2 (lane % 4) and one more.
/// </remarks>
public static unsafe class MatrixLoad
{
    /// <summary>Loads two matrices; the addresses of lanes 16 to 31 are not used.</summary>
    /// <param name="rowAddress">Shared-memory address of this lane's row, a multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitPair))]
    public static MatrixPair Load2(uint rowAddress) => Pair(rowAddress, transposed: false);

    /// <summary>Loads two matrices transposed; the addresses of lanes 16 to 31 are not used.</summary>
    /// <param name="rowAddress">Shared-memory address of this lane's row, a multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitPairTransposed))]
    public static MatrixPair Load2Transposed(uint rowAddress) => Pair(rowAddress, transposed: true);

    /// <summary>Loads four matrices.</summary>
    /// <param name="rowAddress">Shared-memory address of this lane's row, a multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitQuad))]
    public static MatrixQuad Load4(uint rowAddress) => Quad(rowAddress, transposed: false);

    /// <summary>Loads four matrices transposed.</summary>
    /// <param name="rowAddress">Shared-memory address of this lane's row, a multiple of 16.</param>
    [IntrinsicImplementation]
    [PtxGenerator(nameof(EmitQuadTransposed))]
    public static MatrixQuad Load4Transposed(uint rowAddress) => Quad(rowAddress, transposed: true);

    private static MatrixPair Pair(uint rowAddress, bool transposed)
    {
        var rows = WarpExchange.Publish(rowAddress);
        return new MatrixPair { M0 = Elements(rows, 0, transposed), M1 = Elements(rows, 1, transposed) };
    }

    private static MatrixQuad Quad(uint rowAddress, bool transposed)
    {
        var rows = WarpExchange.Publish(rowAddress);
        return new MatrixQuad
        {
            M0 = Elements(rows, 0, transposed),
            M1 = Elements(rows, 1, transposed),
            M2 = Elements(rows, 2, transposed),
            M3 = Elements(rows, 3, transposed),
        };
    }

    private static uint Elements(WarpExchange.LaneValues<uint> rows, int matrix, bool transposed)
    {
        var (outer, inner) = (Warp.LaneIdx / 4, 2 * (Warp.LaneIdx % 4));
        return transposed
            ? Element(rows[(8 * matrix) + inner], outer) | ((uint)Element(rows[(8 * matrix) + inner + 1], outer) << 16)
            : Element(rows[(8 * matrix) + outer], inner) | ((uint)Element(rows[(8 * matrix) + outer], inner + 1) << 16);
    }

    private static ushort Element(uint rowAddress, int column) =>
        Unsafe.Read<ushort>(SoftwareGroup.Pointer(rowAddress, 16, 16) + (2 * column));

    private static void EmitPair(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "x2");

    private static void EmitPairTransposed(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "x2.trans");

    private static void EmitQuad(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "x4");

    private static void EmitQuadTransposed(PTXBackend backend, PTXCodeGenerator generator, Value call) => Emit(generator, call, "x4.trans");

    private static void Emit(PTXCodeGenerator generator, Value call, string form)
    {
        var ptx = new PtxEmitter(generator, call);
        string address = ptx.Input(0);
        ptx.Line($"ldmatrix.sync.aligned.m8n8.{form}.shared.b16 {PtxEmitter.Vector(ptx.Outputs())}, [{address}];");
    }
}
