using System.Text.RegularExpressions;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class HopperPtxTests(KernelLab compilers)
{
    [Theory]
    [InlineData("Float16", 64, false)]
    [InlineData("Float16", 64, true)]
    [InlineData("Float16", 128, false)]
    [InlineData("Float16", 128, true)]
    [InlineData("BFloat16", 64, false)]
    [InlineData("BFloat16", 64, true)]
    [InlineData("BFloat16", 128, false)]
    [InlineData("BFloat16", 128, true)]
    public void Keeps_to_registers_and_has_its_products_and_copies(string element, int dimension, bool hasBias)
    {
        var variant = HopperVariant.For(Enum.Parse<AttentionElement>(element), dimension, hasBias, hasMask: !hasBias, multiprocessors: 132);
        PtxKernel kernel = compilers.Compiler.Compile(variant.Kernel, PtxTarget.Sm90a, variant.Bounds);
        string type = variant.Element == AttentionElement.BFloat16 ? "bf16" : "f16";
        PtxAssert.KeepsRegisters(kernel);
        PtxAssert.Contains(kernel, 1, ".target sm_90a\n");
        PtxAssert.Contains(kernel, 1, $".maxntid {HopperAttentionKernel.Threads}, 1, 1");

        // Scores of a chain's first step, of the loop and of the next tile's first step, D / 16 steps each; the product with the values in the
        // loop and after it, 128 / 16 steps each.
        (int scores, int products) = (3 * (dimension / 16), 2 * (128 / 16));
        string product = $"wgmma.mma_async.sync.aligned.m64n{dimension}k16.f32.{type}.{type}";
        PtxAssert.Contains(kernel, dimension == 128 ? scores + products : scores, $"wgmma.mma_async.sync.aligned.m64n128k16.f32.{type}.{type}");
        PtxAssert.Contains(kernel, dimension == 128 ? scores + products : products, product);
        PtxAssert.Contains(kernel, 5, "wgmma.commit_group.sync.aligned;");

        // One product may go on in the loop, beside a step's scores, and at a tile's end, beside the next tile's first scores.
        PtxAssert.Contains(kernel, 2, "wgmma.wait_group.sync.aligned 1;");
        PtxAssert.Contains(kernel, 6, "wgmma.wait_group.sync.aligned 0;");

        // A thread copies D / 8 rows' chunks of 128 keys, of as many values, and of twice 64 queries before the loop and
        // in it.
        PtxAssert.Contains(kernel, 4 * (dimension / 8), "cp.async.cg.shared.global");
        PtxAssert.Contains(kernel, hasBias ? 1 : 0, "cp.async.ca.shared.global");
        PtxAssert.Contains(kernel, 4, "cp.async.mbarrier.arrive.noinc.shared.b64");

        // Results: a warp group stages 64 rows and writes whole rows, in three places: beside the next tile's first product, where that must
        // wait, and for a word that sees nothing.
        PtxAssert.Contains(kernel, 3 * (dimension / 16), "stmatrix.sync.aligned.m8n8.x4.shared.b16");
        PtxAssert.Contains(kernel, 3 * (dimension / 16), "st.global.v4");

        // 64 scores a thread in three places, and two factors to rescale by.
        PtxAssert.Contains(kernel, 3 * 64 + 2, "ex2.approx.ftz.f32");
        PtxAssert.Contains(kernel, 1, "setmaxnreg.dec.sync.aligned.u32 72;");
        PtxAssert.Contains(kernel, 1, "setmaxnreg.inc.sync.aligned.u32 216;");
    }

    [Fact]
    public void Loops_divide_nothing()
    {
        foreach (HopperVariant variant in AllVariants.Of(AttentionElement.BFloat16).OfType<HopperVariant>())
        {
            var flow = new PtxFlow(compilers.Compiler.Compile(variant.Kernel, PtxTarget.Sm90a, variant.Bounds));
            Assert.All(flow.Find(@"\b(div|rem)\."), line => Assert.False(flow.IsInLoop(line), $"{variant}: line {line} divides in a loop"));

            // The loops over blocks are seen: the tensor cores' of the consumers, the copies of the producer.
            Assert.All(flow.Find(@"wgmma\.wait_group\.sync\.aligned 1"), line => Assert.True(flow.IsInLoop(line)));
            Assert.Equal(3, flow.Find(@"cp\.async\.mbarrier").Count(flow.IsInLoop));
        }
    }

    [Fact]
    public void Takes_the_problem_and_the_way_to_the_next_unit()
    {
        var variant = HopperVariant.For(AttentionElement.BFloat16, 128, hasBias: true, hasMask: true, multiprocessors: 132);
        PtxKernel kernel = compilers.Compiler.Compile(variant.Kernel, PtxTarget.Sm90a, variant.Bounds);
        var arguments = default(LaunchArguments);
        var parameters = new AttentionParameters { Batch = 1, Heads = 1, TileCount = 1, WordsPerTile = 1 };
        variant.AddArguments(parameters, variant.Shape(parameters), ref arguments);
        LaunchAssert.Takes(kernel, arguments);

        // A field for every load, in declaration order: the structs' layouts are the kernel's.
        int[] offsets = [.. Regex.Matches(kernel.Text, @"ld\.param\.\w+\s+%\w+, \[_(?:p|way)_\d+(\+(\d+))?\]")
            .Select(match => match.Groups[2].Success ? int.Parse(match.Groups[2].ValueSpan, null) : 0)];
        Assert.Equal([.. Enumerable.Range(0, 25).Select(i => 8 * i), .. Enumerable.Range(0, 9).Select(i => 200 + 4 * i), 0, 4, 8, 12], offsets);
    }
}
