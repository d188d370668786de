using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class MatrixLoadTests(KernelLab lab)
{
    /// <summary>Four 8x8 matrices lie row after row in shared memory; every lane writes what each of the four forms gives it.</summary>
    [TestKernel(Threads = 32)]
    private static void LoadAll(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        uint lane = (uint)Group.IdxX;
        SharedBytes.Store16(shared + (lane * 16), GlobalBytes.Load16(input + (lane * 16)));
        Group.Barrier();
        uint row = shared + (lane * 16);
        var quad = MatrixLoad.Load4(row);
        var quadTransposed = MatrixLoad.Load4Transposed(row);
        var pair = MatrixLoad.Load2(row);
        var pairTransposed = MatrixLoad.Load2Transposed(row);
        ulong to = output + (lane * 48);
        GlobalBytes.Store16(to, new Bytes16(quad.M0, quad.M1, quad.M2, quad.M3));
        GlobalBytes.Store16(to + 16, new Bytes16(quadTransposed.M0, quadTransposed.M1, quadTransposed.M2, quadTransposed.M3));
        GlobalBytes.Store16(to + 32, new Bytes16(pair.M0, pair.M1, pairTransposed.M0, pairTransposed.M1));
    }

    [Fact]
    public void Lanes_receive_the_elements_of_the_documented_layout()
    {
        ushort[] input = new ushort[4 * 64];
        for (int i = 0; i < input.Length; i++)
            input[i] = (ushort)i;
        ushort[] output = new ushort[32 * 24];
        lab.Run(LoadAll, 32, 512, input, output);

        for (int lane = 0; lane < 32; lane++)
        {
            for (int slot = 0; slot < 12; slot++)
            {
                bool transposed = slot is (>= 4 and < 8) or >= 10;
                int matrix = slot < 8 ? slot % 4 : slot % 2;
                for (int half = 0; half < 2; half++)
                {
                    var (row, column) = (lane / 4, (2 * (lane % 4)) + half);
                    int expected = (matrix * 64) + (transposed ? (column * 8) + row : (row * 8) + column);
                    Assert.Equal(expected, output[(lane * 24) + (slot * 2) + half]);
                }
            }
        }
    }

    [Fact]
    public void Ptx_is_ldmatrix_in_its_four_forms()
    {
        var kernel = lab.Compile(((Action<ulong, ulong>)LoadAll).Method, PtxTarget.Sm80, 32);
        foreach (string form in (string[])["x4", "x4.trans", "x2", "x2.trans"])
            PtxAssert.Contains(kernel, 1, $"ldmatrix.sync.aligned.m8n8.{form}.shared.b16 {{%r");
    }
}
