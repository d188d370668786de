using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;
using static VarSparse.Kernels.Tests.Intrinsics.WarpGroupKernels;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class WarpGroupTests(KernelLab lab)
{
    private const int Width = 128;

    /// <summary>The four results of Dots and Sums: first row of 64 floats, columns, depth.</summary>
    private static readonly (int Start, int Columns, int Depth)[] Results = [(0, 64, 64), (64, 128, 64), (192, 64, 128), (256, 128, 128)];

    [Fact]
    public void Dots_of_bf16_match_scalar_code() => DotsMatch<Bf16>(seed: 61);

    [Fact]
    public void Dots_of_fp16_match_scalar_code() => DotsMatch<Fp16>(seed: 62);

    [Fact]
    public void Sums_of_bf16_match_scalar_code() => SumsMatch<Bf16>(seed: 63);

    [Fact]
    public void Sums_of_fp16_match_scalar_code() => SumsMatch<Fp16>(seed: 64);

    [Fact]
    public void Pipelined_products_match_scalar_code()
    {
        const int seed = 65;
        ushort[] input = RandomElements.Next<Bf16>(new Random(seed), (1 + (2 * Blocks)) * 64 * Width);
        float[] output = new float[64 * Width];
        lab.Run(Pipeline<Bf16>, Threads, input.Length * 2, input, output);

        double[] expected = new double[64 * Width];
        for (int block = 0; block < Blocks; block++)
        {
            int keys = (1 + (2 * block)) * 64 * Width, values = keys + (64 * Width);
            for (int row = 0; row < 64; row++)
            {
                for (int column = 0; column < Width; column++)
                    expected[(row * Width) + column] /= block == 0 ? 1 : 2;
                for (int key = 0; key < (block == Blocks - 1 ? 32 : 64); key++)
                {
                    double score = 0;
                    for (int k = 0; k < Width; k++)
                        score += At<Bf16>(input, (row * Width) + k) * At<Bf16>(input, keys + (key * Width) + k);
                    float weight = Bf16.ToSingle(Bf16.FromSingle((float)Math.Pow(2, score / 64)));
                    for (int column = 0; column < Width; column++)
                        expected[(row * Width) + column] += weight * At<Bf16>(input, values + (key * Width) + column);
                }
            }
        }

        // A weight at the edge between two bf16 values may round the other way: 2^-9 of a weight of about 1, times a value.
        for (int i = 0; i < expected.Length; i++)
            Near.Equal(expected[i], output[i], 3e-2, $"seed {seed}, element {i}");
    }

    [Fact]
    public void Ptx_of_dots_is_one_chain_of_products_each()
    {
        var kernel = Compile(Dots<Bf16>);
        PtxAssert.Contains(kernel, 4 + 8, "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {%f");
        PtxAssert.Contains(kernel, 4 + 8, "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {%f");
        PtxAssert.Contains(kernel, 4, ", none, 1, 1, 0, 0;");
        PtxAssert.Contains(kernel, 20, ", all, 1, 1, 0, 0;");
        PtxAssert.Contains(kernel, 4, "wgmma.fence.sync.aligned;");
        PtxAssert.Contains(kernel, 4, "wgmma.commit_group.sync.aligned;");
        PtxAssert.Contains(kernel, 4, "wgmma.wait_group.sync.aligned 0;");
        PtxAssert.Contains(kernel, 1, "fence.proxy.async.shared::cta;");
        PtxAssert.Contains(Compile(Dots<Fp16>), 12, "m64n64k16.f32.f16.f16 {%f");
    }

    [Fact]
    public void Ptx_of_sums_takes_the_left_operand_from_registers_and_the_right_one_transposed()
    {
        var kernel = Compile(Sums<Fp16>);
        PtxAssert.Contains(kernel, 4 + 8, "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {%f");
        PtxAssert.Contains(kernel, 4 + 8, "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {%f");
        PtxAssert.Contains(kernel, 24, ", all, 1, 1, 1;");
    }

    [Fact]
    public void Nothing_touches_accumulators_between_start_and_wait()
    {
        string[] lines = [.. Compile(Pipeline<Bf16>).Text.Split('\n').Select(line => line.Trim())];
        HashSet<string> inFlight = [];
        int products = 0;
        foreach (string line in lines)
        {
            string[] words = line.Split([' ', ',', '\t', '{', '}', ';'], StringSplitOptions.RemoveEmptyEntries);
            string[] registers = [.. words.Where(word => word.StartsWith("%f", StringComparison.Ordinal))];
            if (line.StartsWith("wgmma.mma_async", StringComparison.Ordinal))
            {
                inFlight.UnionWith(registers);
                products++;
            }
            else if (line.StartsWith("wgmma.wait_group.sync.aligned 1", StringComparison.Ordinal))
            {
                // Scores (32 registers) are done, the sum (64) is not.
                Assert.Equal(96, inFlight.Count);
                inFlight = [.. lines[Array.FindLastIndex(lines, Array.IndexOf(lines, line), IsSum)].Split('{', '}')[1].Split(", ")];
            }
            else if (line.StartsWith("wgmma.wait_group.sync.aligned 0", StringComparison.Ordinal))
            {
                inFlight.Clear();
            }
            else
            {
                Assert.False(registers.Any(inFlight.Contains), $"in flight: {line}");
            }
        }
        Assert.Equal(8 + 8 + 4 + 4, products);
    }

    private static bool IsSum(string line) => line.Contains("m64n128k16", StringComparison.Ordinal);

    private static double At<TElement>(ushort[] elements, int index)
        where TElement : IMatrixElement =>
        TElement.ToSingle(elements[index]);

    private PtxKernel Compile(Action<ulong, ulong> kernel) => lab.Compile(kernel.Method, PtxTarget.Sm90a, Threads);

    private void DotsMatch<TElement>(int seed)
        where TElement : unmanaged, IMatrixElement =>
        Matches<TElement>(Dots<TElement>, seed, (input, row, column, k) =>
            At<TElement>(input, (row * Width) + k) * At<TElement>(input, ((64 + column) * Width) + k), (_, _) => 0);

    private void SumsMatch<TElement>(int seed)
        where TElement : unmanaged, IMatrixElement =>
        Matches<TElement>(Sums<TElement>, seed, (input, row, column, k) =>
            At<TElement>(input, (row * Width) + k) * At<TElement>(input, ((64 + k) * Width) + column), (row, column) => row + (column / 128.0));

    private void Matches<TElement>(
        Action<ulong, ulong> kernel, int seed, Func<ushort[], int, int, int, double> product, Func<int, int, double> addend)
        where TElement : unmanaged, IMatrixElement
    {
        ushort[] input = RandomElements.Next<TElement>(new Random(seed), 192 * Width);
        float[] output = new float[384 * 64];
        lab.Run(kernel, Threads, 192 * 256, input, output);
        foreach (var (start, columns, depth) in Results)
        {
            for (int row = 0; row < 64; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    double expected = addend(row, column);
                    for (int k = 0; k < depth; k++)
                        expected += product(input, row, column, k);
                    float actual = output[(start * 64) + (row * columns) + column];
                    Near.Equal(expected, actual, 1e-4, $"seed {seed}, {columns} columns over {depth}, row {row}, column {column}");
                }
            }
        }
    }
}
