using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class MatrixStoreTests(KernelLab lab)
{
    /// <summary>Every lane stores what it is given, to rows in reverse order, and writes out 16 bytes of what then lies there.</summary>
    [TestKernel(Hopper = true, Threads = 32)]
    private static void StoreAll(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        uint lane = (uint)Group.IdxX;
        Bytes16 given = GlobalBytes.Load16(input + (lane * 16));
        MatrixStore.Store4(shared + ((31 - lane) * 16), new MatrixQuad { M0 = given.W0, M1 = given.W1, M2 = given.W2, M3 = given.W3 });
        Group.Barrier();
        GlobalBytes.Store16(output + (lane * 16), SharedBytes.Load16(shared + (lane * 16)));
    }

    [Fact]
    public void Elements_of_lanes_go_where_the_documented_layout_has_them()
    {
        ushort[] input = new ushort[32 * 8];
        for (int i = 0; i < input.Length; i++)
            input[i] = (ushort)i;
        ushort[] output = new ushort[32 * 8];
        lab.Run(StoreAll, 32, 512, input, output);

        for (int lane = 0; lane < 32; lane++)
        {
            for (int element = 0; element < 8; element++)
            {
                var (matrix, half) = (element / 2, element % 2);
                int row = 31 - ((8 * matrix) + (lane / 4));
                Assert.Equal(input[(lane * 8) + element], output[(row * 8) + (2 * (lane % 4)) + half]);
            }
        }
    }

    [Fact]
    public void Ptx_is_stmatrix()
    {
        var kernel = lab.Compile(((Action<ulong, ulong>)StoreAll).Method, PtxTarget.Sm90a, 32);
        PtxAssert.Contains(kernel, 1, "stmatrix.sync.aligned.m8n8.x4.shared.b16 [%r");
    }
}
