using System.Numerics;
using System.Text.RegularExpressions;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class AmpereAttentionKernelTests(AttentionLab lab, KernelLab compilers)
{
    private static readonly AttentionElement[] Elements = [AttentionElement.Float16, AttentionElement.BFloat16];

    [Fact]
    public void Matches_the_reference_on_random_problems()
    {
        for (int seed = 0; seed < 24; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 3), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.Next(random, heads, batch);
            int dimension = 16 * random.Next(1, 4);
            var order = (TensorOrder)random.Next(3);
            double? scale = random.Next(3) == 0 ? random.NextDouble() - 0.5 : null;
            Check(new KernelProblem(pattern, Elements[seed % 2], batch, heads, dimension, order, seed, scale), wantLogSumExp: seed % 4 != 3);
        }
    }

    // 64 and 128 are the tuned sizes, 80 leaves threads without a piece of a row, from 144 on a warp has 16 slots.
    [Theory]
    [InlineData(64, "BFloat16")]
    [InlineData(80, "Float16")]
    [InlineData(128, "BFloat16")]
    [InlineData(144, "Float16")]
    [InlineData(256, "BFloat16")]
    public void Matches_the_reference_at_other_head_dimensions(int dimension, string element)
    {
        SparsePattern pattern = SmallPatterns.LongLists(new Random(dimension));
        Check(new KernelProblem(pattern, Enum.Parse<AttentionElement>(element), 1, 1, dimension, TensorOrder.TokensFirst, dimension), wantLogSumExp: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Passes_over_more_hidden_blocks_than_a_warp_has_lanes(bool hasBias) => Check(
        new KernelProblem(SmallPatterns.TwoHalves(new Random(5), hasBias), AttentionElement.BFloat16, 1, 1, 16, TensorOrder.HeadsFirst, 5),
        wantLogSumExp: true);

    [Theory]
    [InlineData(0.0)]
    [InlineData(-0.7)]
    [InlineData(40.0)]
    public void Takes_any_scale(double scale)
    {
        // At 40 the logits differ by hundreds, so the reference of the softmax has to move several times.
        SparsePattern pattern = SmallPatterns.LongLists(new Random(3));
        Check(new KernelProblem(pattern, AttentionElement.Float16, 1, 1, 16, TensorOrder.HeadsFirst, 3, scale), wantLogSumExp: true);
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
    public void Ptx_of_every_head_dimension_keeps_to_registers_and_has_the_products_of_one_block_in_its_loop()
    {
        foreach (AmpereVariant variant in Elements.SelectMany(AllVariants.Of).OfType<AmpereVariant>())
            CheckPtx(variant, PtxTarget.Sm80);
    }

    [Theory]
    [InlineData(9, 0, true)]
    [InlineData(12, 0, false)]
    public void Ptx_for_later_architectures_differs_in_its_header_only(int major, int minor, bool specific)
    {
        foreach (int dimension in (int[])[64, 128, 256])
        {
            AmpereVariant variant = AmpereVariant.For(AttentionElement.BFloat16, dimension, hasBias: false, hasMask: true);
            var target = new PtxTarget(major, minor, specific);
            PtxKernel kernel = CheckPtx(variant, target);
            PtxAssert.Contains(kernel, 1, $".target {target.Name}\n");
            Assert.Equal(Body(CheckPtx(variant, PtxTarget.Sm80)), Body(kernel));
        }

        static string Body(PtxKernel kernel) =>
            PtxText.Normalize(kernel.Text[kernel.Text.IndexOf(".address_size", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void Takes_its_parameters_as_one_struct()
    {
        AmpereVariant variant = AmpereVariant.For(AttentionElement.BFloat16, 64, hasBias: true, hasMask: true);
        PtxKernel kernel = compilers.Compiler.Compile(variant.Kernel, PtxTarget.Sm80, variant.Bounds);
        var arguments = default(LaunchArguments);
        variant.AddArguments(default, default, ref arguments);
        LaunchAssert.Takes(kernel, arguments);

        // A field for every load, in declaration order: the struct's layout is the kernel's.
        int[] offsets = [.. Regex.Matches(kernel.Text, @"ld\.param\.\w+\s+%\w+, \[_parameters_\d+(\+(\d+))?\]")
            .Select(match => match.Groups[2].Success ? int.Parse(match.Groups[2].ValueSpan, null) : 0)];
        Assert.Equal([.. Enumerable.Range(0, 25).Select(i => 8 * i), .. Enumerable.Range(0, 9).Select(i => 200 + 4 * i)], offsets);
    }

    private PtxKernel CheckPtx(AmpereVariant variant, PtxTarget target)
    {
        PtxKernel kernel = compilers.Compiler.Compile(variant.Kernel, target, variant.Bounds);
        PtxAssert.KeepsRegisters(kernel);
        int chunks = variant.HeadDimension / 16;
        int rowTiles = variant.HeadDimension <= 128 ? 2 : 1;
        string type = variant.Element == AttentionElement.BFloat16 ? "bf16" : "f16";

        // Of 16 slots by 32 keys by D: D / 16 steps of four m16n8k16, and as many for the values. Both tiles of a warp share what is loaded.
        PtxAssert.Contains(kernel, 8 * chunks * rowTiles, $"mma.sync.aligned.m16n8k16.row.col.f32.{type}.{type}.f32");
        PtxAssert.Contains(kernel, (2 + rowTiles) * chunks, "ldmatrix.sync.aligned.m8n8.x4.shared.b16");
        PtxAssert.Contains(kernel, 2 * chunks, "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16");

        // Twice 32 queries, and 32 keys and values before and in the loop, 16 bytes a thread.
        int pieces = (int)BitOperations.RoundUpToPowerOf2((uint)(2 * chunks));
        PtxAssert.Contains(kernel, 6 * 32 * pieces / variant.Bounds.MaxThreads, "cp.async.cg.shared.global");
        PtxAssert.Contains(kernel, 2, "cp.async.commit_group");
        PtxAssert.Contains(kernel, 18 * rowTiles, "ex2.approx.ftz.f32");
        Assert.Matches($@"\.maxntid {variant.Bounds.MaxThreads}, 1, 1", kernel.Text);
        return kernel;
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
        lab.Run(AmpereVariant.For(problem.Element, problem.QueryLayout.HeadDimension, !problem.Pattern.KeyBias.IsEmpty, image.HasMask), memory.Parameters);
        lab.RunUncovered(problem, image, memory);
        return memory.Results();
    }
}
