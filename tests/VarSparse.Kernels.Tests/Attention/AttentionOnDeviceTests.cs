using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>The kernels on this machine's GPU; skipped, with the reason, where there is none.</summary>
public sealed class AttentionOnDeviceTests(KernelLab compilers)
{
    [Theory]
    [InlineData("Float32")]
    [InlineData("Float16")]
    [InlineData("BFloat16")]
    public void Match_the_reference_on_random_problems(string elementName)
    {
        using var runner = DeviceRunner.Open(compilers.Compiler);
        var element = Enum.Parse<AttentionElement>(elementName);
        for (int seed = 0; seed < Seeds.Of(60); seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 4), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.Next(random, heads, batch);
            int dimension = 16 * random.Next(1, 17);
            var order = (TensorOrder)random.Next(3);
            double? scale = random.Next(3) == 0 ? random.NextDouble() - 0.5 : null;
            var problem = new KernelProblem(pattern, element, batch, heads, dimension, order, seed, scale);
            foreach (AttentionVariant variant in Variants(problem, runner.Multiprocessors).Where(runner.Runs))
                runner.Check(variant, problem, wantLogSumExp: seed % 4 != 3);
        }
    }

    [Theory]
    [InlineData(64, "Float16")]
    [InlineData(64, "BFloat16")]
    [InlineData(128, "Float16")]
    [InlineData(128, "BFloat16")]
    public void Match_the_reference_at_the_tuned_head_dimensions(int dimension, string elementName)
    {
        using var runner = DeviceRunner.Open(compilers.Compiler);
        for (int seed = 0; seed < Seeds.Of(30); seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 4), batch = random.Next(1, 3);
            SparsePattern pattern = seed % 3 == 0
                ? SmallPatterns.ManyTiles(random, hasBias: seed % 2 == 0)
                : SmallPatterns.Next(random, heads, batch);
            var order = (TensorOrder)random.Next(3);
            var problem = new KernelProblem(pattern, Enum.Parse<AttentionElement>(elementName), batch, heads, dimension, order, seed);

            // Few groups take many tiles each, as they do with problems of full size.
            foreach (AttentionVariant variant in Variants(problem, multiprocessors: random.Next(1, 5)).Where(runner.Runs))
                runner.Check(variant, problem, wantLogSumExp: seed % 4 != 3);
        }
    }

    [Theory]
    [InlineData(64, "Float16")]
    [InlineData(64, "BFloat16")]
    [InlineData(128, "Float16")]
    [InlineData(128, "BFloat16")]
    public void Match_the_reference_with_tiles_in_pairs(int dimension, string elementName)
    {
        using var runner = DeviceRunner.Open(compilers.Compiler);
        var element = Enum.Parse<AttentionElement>(elementName);
        for (int seed = 0; seed < Seeds.Of(30); seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 4), batch = random.Next(1, 3);
            SparsePattern pattern = SmallPatterns.TilesOfOneWord(random, heads, batch);
            var problem = new KernelProblem(pattern, element, batch, heads, dimension, (TensorOrder)random.Next(3), seed);
            var variant = HopperVariant.For(element, dimension, !pattern.KeyBias.IsEmpty, hasMask: false, multiprocessors: random.Next(1, 5));
            if (runner.Runs(variant))
                runner.Check(variant, problem, PatternImage.CreatePaired(pattern), wantLogSumExp: seed % 4 != 3);
        }
    }

    [Theory]
    [InlineData(64, "Float16", true)]
    [InlineData(64, "BFloat16", false)]
    [InlineData(128, "BFloat16", true)]
    [InlineData(128, "Float16", false)]
    [InlineData(128, "Float32", true)]
    public void Match_the_reference_on_the_windows_of_a_generation_step(int dimension, string elementName, bool exactMask)
    {
        using var runner = DeviceRunner.Open(compilers.Compiler);
        GridSize[] grids = [.. ((int[])[1, 2, 4, 6, 8, 12, 16, 20, 24]).Select(side => new GridSize(side, side))];
        SparsePattern pattern = CrossScaleLocal.Create(
            new ScaleSchedule(grids), grids.Length - 1, new CrossScaleLocalOptions { ExactMask = exactMask });
        var problem = new KernelProblem(pattern, Enum.Parse<AttentionElement>(elementName), 1, 2, dimension, TensorOrder.TokensFirst, dimension);
        foreach (AttentionVariant variant in Variants(problem, runner.Multiprocessors).Where(runner.Runs))
            runner.Check(variant, problem, wantLogSumExp: true);
    }

    [Fact]
    public void No_kernel_spills_registers_or_has_its_products_run_one_by_one()
    {
        using var runner = DeviceRunner.Open(compilers.Compiler);
        foreach (AttentionVariant variant in AllVariants.Of(AttentionElement.BFloat16).Where(runner.Runs))
        {
            using LoadedKernel kernel = runner.LoadAnew(variant);
            KernelAttributes attributes = kernel.Attributes;
            TestContext.Current.SendDiagnosticMessage(
                "{0}, {1} columns: {2} registers", variant.Backend, variant.HeadDimension, attributes.Registers);
            Assert.True(attributes.LocalBytes == 0, $"{variant}: {attributes}");
            Assert.Contains("registers", kernel.CompilerLog, StringComparison.Ordinal);
            Assert.DoesNotContain("Potential Performance Loss", kernel.CompilerLog, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<AttentionVariant> Variants(KernelProblem problem, int multiprocessors)
    {
        int dimension = problem.QueryLayout.HeadDimension;
        yield return PortableVariant.For(problem.Element, dimension);
        if (problem.Element != AttentionElement.Float32)
            yield return AmpereVariant.For(problem.Element, dimension, !problem.Pattern.KeyBias.IsEmpty, problem.Pattern.HasTokenMask);
        if (problem.Element != AttentionElement.Float32 && dimension is (64 or 128) && problem.ScaleLog2 > 0)
            yield return HopperVariant.For(problem.Element, dimension, !problem.Pattern.KeyBias.IsEmpty, problem.Pattern.HasTokenMask, multiprocessors);
    }
}
