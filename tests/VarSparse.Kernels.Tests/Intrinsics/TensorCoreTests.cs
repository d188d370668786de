using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class TensorCoreTests(KernelLab lab)
{
    private const int Steps = 3;

    /// <summary>C[16, 8] = sum over steps of A[16, 16] B[16, 8], fragments filled element by element from row-major memory.</summary>
    [TestKernel(Threads = 32)]
    private static void Chain<TElement>(ulong input, ulong output)
        where TElement : unmanaged, IMatrixElement
    {
        uint g = (uint)Group.IdxX / 4, t = (uint)Group.IdxX % 4;
        var c = new AccumulatorTile(0, 0, 0, 0);
        for (uint step = 0; step < Steps; step++)
        {
            // A is [16][16], B is kept column by column, [8][16], so that pairs along k lie together.
            ulong a = input + (step * 768), b = a + 512;
            var left = new FragmentA(
                GlobalBytes.Load4(a + (g * 32) + (t * 4)), GlobalBytes.Load4(a + ((g + 8) * 32) + (t * 4)),
                GlobalBytes.Load4(a + (g * 32) + (t * 4) + 16), GlobalBytes.Load4(a + ((g + 8) * 32) + (t * 4) + 16));
            var right = new FragmentB(GlobalBytes.Load4(b + (g * 32) + (t * 4)), GlobalBytes.Load4(b + (g * 32) + (t * 4) + 16));
            c = TensorCore.MultiplyAdd<TElement>(c, left, right);
        }
        ulong d = output + (g * 32) + (t * 8);
        GlobalBytes.Store4(d, Interop.FloatAsInt(c.Top0));
        GlobalBytes.Store4(d + 4, Interop.FloatAsInt(c.Top1));
        GlobalBytes.Store4(d + 256, Interop.FloatAsInt(c.Bottom0));
        GlobalBytes.Store4(d + 260, Interop.FloatAsInt(c.Bottom1));
    }

    [Fact]
    public void Product_of_bf16_matches_scalar_code() => Matches<Bf16>(seed: 11);

    [Fact]
    public void Product_of_fp16_matches_scalar_code() => Matches<Fp16>(seed: 12);

    [Fact]
    public void Ptx_is_one_mma_in_the_loop_with_its_element_type()
    {
        PtxAssert.Contains(Compile<Bf16>(), 1, "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {");
        PtxAssert.Contains(Compile<Fp16>(), 1, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {");
    }

    private PtxKernel Compile<TElement>()
        where TElement : unmanaged, IMatrixElement =>
        lab.Compile(((Action<ulong, ulong>)Chain<TElement>).Method, PtxTarget.Sm80, 32);

    private void Matches<TElement>(int seed)
        where TElement : unmanaged, IMatrixElement
    {
        var random = new Random(seed);
        ushort[] input = RandomElements.Next<TElement>(random, Steps * 384);
        float[] output = new float[128];
        lab.Run(Chain<TElement>, 32, 0, input, output);

        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 8; column++)
            {
                double expected = 0;
                for (int step = 0; step < Steps; step++)
                {
                    for (int k = 0; k < 16; k++)
                    {
                        expected += TElement.ToSingle(input[(step * 384) + (row * 16) + k]) *
                            (double)TElement.ToSingle(input[(step * 384) + 256 + (column * 16) + k]);
                    }
                }
                Near.Equal(expected, output[(row * 8) + column], 1e-4, $"seed {seed}, row {row}, column {column}");
            }
        }
    }
}
