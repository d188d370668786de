using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class PortableAttentionKernelTests(AttentionLab lab, KernelLab compilers)
{
    public static TheoryData<string> Elements => [.. Enum.GetNames<AttentionElement>()];

    [Theory]
    [MemberData(nameof(Elements))]
    public void Matches_the_reference_on_random_problems(string element)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 3), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.Next(random, heads, batch);
            int dimension = 8 * random.Next(1, 6);
            var order = (TensorOrder)random.Next(3);
            double? scale = random.Next(3) == 0 ? random.NextDouble() - 0.5 : null;
            Check(new KernelProblem(pattern, Enum.Parse<AttentionElement>(element), batch, heads, dimension, order, seed, scale), wantLogSumExp: seed % 4 != 3);
        }
    }

    [Theory]
    [InlineData(72, "Float32")]
    [InlineData(128, "BFloat16")]
    [InlineData(256, "Float16")]
    public void Matches_the_reference_at_large_head_dimensions(int dimension, string element)
    {
        var random = new Random(dimension);
        Check(new KernelProblem(SmallPatterns.PerHead(random, 1, 1), Enum.Parse<AttentionElement>(element), 1, 1, dimension, TensorOrder.TokensFirst, dimension), wantLogSumExp: true);
    }

    [Fact]
    public void A_query_that_is_no_number_spoils_its_own_row_alone()
    {
        var problem = new KernelProblem(SmallPatterns.LongLists(new Random(1)), AttentionElement.BFloat16, 1, 2, 16, TensorOrder.HeadsFirst, seed: 1);
        problem.SpoilQuery(token: 5);
        (byte[] output, float[] logSumExp) = Run(problem, wantLogSumExp: true);
        problem.AssertOnlySpoilt(token: 5, output, logSumExp);
    }

    [Fact]
    public void Rounds_to_16_bits_as_the_cpu_does()
    {
        var random = new Random(5);
        for (int i = 0; i < 20000; i++)
        {
            float value = (float)((2 * random.NextDouble() - 1) * Math.Pow(10, random.Next(-9, 6)));
            if (i < 8)
                value = new[] { 0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 65519, 65520, 5.96e-8f }[i];
            Assert.Equal((float)(Half)value, HalfElement.Widen(HalfElement.Round(value)));
            Assert.Equal((float)(VarSparse.Attention.BFloat16)value, BrainElement.Widen(BrainElement.Round(value)));
        }
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Ptx_keeps_to_registers_and_takes_the_arguments_of_a_launch(string element)
    {
        foreach (PtxTarget target in (PtxTarget[])[new(7, 5), PtxTarget.Sm80, PtxTarget.Sm90a, PtxTarget.Sm120])
        {
            foreach (int dimension in target == PtxTarget.Sm80 ? (int[])[8, 64, 128, 256] : [64])
            {
                PortableVariant variant = PortableVariant.For(Enum.Parse<AttentionElement>(element), dimension);
                PtxKernel kernel = compilers.Compiler.Compile(variant.Kernel, target, variant.Bounds);
                PtxAssert.KeepsRegisters(kernel);
                var arguments = default(LaunchArguments);
                variant.AddArguments(default, default, ref arguments);
                LaunchAssert.Takes(kernel, arguments);
            }
        }
    }

    private void Check(KernelProblem problem, bool wantLogSumExp)
    {
        (byte[] output, float[] logSumExp) = Run(problem, wantLogSumExp);
        problem.AssertMatchesReference(output, logSumExp);
    }

    private (byte[] Output, float[] LogSumExp) Run(KernelProblem problem, bool wantLogSumExp)
    {
        PatternImage image = PatternImage.Create(problem.Pattern);
        using var memory = new ProblemMemory(problem, image, wantLogSumExp, new HostStore());
        lab.RunPortable(PortableVariant.For(problem.Element, problem.QueryLayout.HeadDimension), problem, image, memory.Parameters);
        lab.RunUncovered(problem, image, memory);
        return memory.Results();
    }
}
