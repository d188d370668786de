using VarSparse.Kernels.Attention;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class HopperAttentionKernelTests(AttentionLab lab)
{
    private static readonly AttentionElement[] Elements = [AttentionElement.Float16, AttentionElement.BFloat16];

    [Fact]
    public void Matches_the_reference_on_random_problems()
    {
        for (int seed = 0; seed < 16; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 3), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.Next(random, heads, batch);
            var order = (TensorOrder)random.Next(3);
            double? scale = random.Next(3) == 0 ? random.NextDouble() : null;
            var problem = new KernelProblem(pattern, Elements[seed % 2], batch, heads, 64, order, seed, scale);
            Check(problem, groups: random.Next(1, 3), wantLogSumExp: seed % 4 != 3);
        }
    }

    [Fact]
    public void Matches_the_reference_with_tiles_in_pairs()
    {
        for (int seed = 0; seed < 16; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 3), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.TilesOfOneWord(random, heads, batch);
            var problem = new KernelProblem(pattern, Elements[seed % 2], batch, heads, 64 << (seed / 2 % 2), (TensorOrder)random.Next(3), seed);
            Check(problem, PatternImage.CreatePaired(pattern), groups: random.Next(1, 3), wantLogSumExp: seed % 4 != 3);
        }
    }

    // Every instantiation. Two or three units of work a tile's head make one group go round its ring several times.
    [Theory]
    [InlineData("Float16", 64, false, 1)]
    [InlineData("BFloat16", 64, true, 1)]
    [InlineData("BFloat16", 128, false, 2)]
    [InlineData("Float16", 128, true, 1)]
    [InlineData("BFloat16", 64, false, 3)]
    [InlineData("Float16", 64, true, 2)]
    [InlineData("Float16", 128, false, 1)]
    [InlineData("BFloat16", 128, true, 2)]
    public void Groups_take_tile_after_tile(string element, int dimension, bool hasBias, int groups)
    {
        int seed = dimension + groups;
        SparsePattern pattern = SmallPatterns.ManyTiles(new Random(seed), hasBias);
        var problem = new KernelProblem(pattern, Enum.Parse<AttentionElement>(element), 1, 1, dimension, TensorOrder.TokensFirst, seed);
        Check(problem, groups, wantLogSumExp: true);
    }

    [Fact]
    public void A_word_that_starts_late_holds_nobody_up()
    {
        var problem = new KernelProblem(SmallPatterns.LateWords(tiles: 7), AttentionElement.BFloat16, 1, 1, 64, TensorOrder.HeadsFirst, seed: 1);
        Check(problem, groups: 1, wantLogSumExp: true);
    }

    // At 40 the logits differ by hundreds, so that sums are rescaled.
    [Theory]
    [InlineData(0.01)]
    [InlineData(40.0)]
    public void Takes_any_positive_scale(double scale)
    {
        SparsePattern pattern = SmallPatterns.LongLists(new Random(3));
        Check(new KernelProblem(pattern, AttentionElement.Float16, 1, 1, 64, TensorOrder.HeadsFirst, 3, scale), groups: 1, wantLogSumExp: true);
    }

    [Fact]
    public void A_query_that_is_no_number_spoils_its_own_row_alone()
    {
        var problem = new KernelProblem(SmallPatterns.LongLists(new Random(1)), AttentionElement.BFloat16, 1, 2, 64, TensorOrder.HeadsFirst, seed: 1);
        problem.SpoilQuery(token: 5);
        (byte[] output, float[] logSumExp) = Run(problem, PatternImage.Create(problem.Pattern), groups: 1, wantLogSumExp: true);
        problem.AssertOnlySpoilt(token: 5, output, logSumExp);
    }

    private void Check(KernelProblem problem, int groups, bool wantLogSumExp) =>
        Check(problem, PatternImage.Create(problem.Pattern), groups, wantLogSumExp);

    private void Check(KernelProblem problem, PatternImage image, int groups, bool wantLogSumExp)
    {
        (byte[] output, float[] logSumExp) = Run(problem, image, groups, wantLogSumExp);
        problem.AssertMatchesReference(output, logSumExp);
    }

    private (byte[] Output, float[] LogSumExp) Run(KernelProblem problem, PatternImage image, int groups, bool wantLogSumExp)
    {
        using var memory = new ProblemMemory(problem, image, wantLogSumExp, new HostStore());
        AttentionParameters parameters = memory.Parameters;
        var variant = HopperVariant.For(problem.Element, problem.QueryLayout.HeadDimension, parameters.KeyBias != 0, parameters.MaskFragments != 0, groups);
        lab.RunHopper(variant, parameters);
        lab.RunUncovered(problem, image, memory);
        return memory.Results();
    }
}
