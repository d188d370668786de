using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Scoring;
using VarSparse.Kernels.Tests.Attention;
using VarSparse.Kernels.Tests.Support;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Scoring;

public sealed class PoolBlocksKernelTests(AttentionLab lab, KernelLab compilers)
{
    public static TheoryData<string> Elements => [.. Enum.GetNames<AttentionElement>()];

    [Theory]
    [MemberData(nameof(Elements))]
    public void Means_are_those_of_the_tokens_in_a_block(string element)
    {
        using var stage = KernelStage.Simulated(lab);

        for (int seed = 0; seed < 5; seed++)
            Check(stage, Enum.Parse<AttentionElement>(element), largestSide: 9, seed);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Small_blocks_that_are_read_four_at_a_time_are_too(string element)
    {
        using var stage = KernelStage.Simulated(lab);
        for (int levels = 1; levels <= PoolBlocksKernel.MostLevels; levels++)
            Check(stage, Enum.Parse<AttentionElement>(element), new Random(levels), levels, new GridSize(10, 7), side: 2, levels, isComplete: true);
    }

    [Theory]
    [MemberData(nameof(Elements))]
    public void Means_are_those_of_the_tokens_in_a_block_on_a_device(string element)
    {
        using var stage = KernelStage.Device();
        for (int seed = 0; seed < 100; seed++)
            Check(stage, Enum.Parse<AttentionElement>(element), largestSide: 30, seed);
    }

    [Fact]
    public void Refuses_sizes_that_do_not_fit()
    {
        Assert.StartsWith("k: has 11 tokens, expected 12,", Refused(tokens: 11, blocks: 4).Message, StringComparison.Ordinal);
        Assert.StartsWith("meanK: got sizes (1, 1, 3, 8), expected (1, 1, 4, 8).", Refused(tokens: 12, blocks: 3).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "levels: got 5, expected 1 to 4.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Launch(12, 4, AttentionElement.Float32, levels: 5)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Ptx_keeps_to_registers_and_takes_its_parameters()
    {
        foreach (AttentionElement element in Enum.GetValues<AttentionElement>())
            LaunchedPtx.Check(compilers, Launch(12, 4, element));
    }

    private static ArgumentException Refused(int tokens, int blocks) => Assert.Throws<ArgumentException>(() => Launch(tokens, blocks, AttentionElement.Float32));

    private static KernelLaunch<PoolBlocksParameters> Launch(int tokens, int blocks, AttentionElement element, int levels = 1)
    {
        CudaTensor all = new(256, AttentionLayout.HeadsFirst(1, 1, tokens, 8)), means = new(256, AttentionLayout.HeadsFirst(1, 1, blocks, 8));
        return ScoringLaunches.Pool(all, all, 0, new GridSize(3, 4), 2, levels, means, means, 256, element);
    }

    private static void Check(KernelStage stage, AttentionElement element, int largestSide, int seed)
    {
        var random = new Random(seed);
        var grid = random.Next(5) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, largestSide), random.Next(1, largestSide));
        int side = random.Next(6) == 0 ? int.MaxValue : random.Next(2) == 0 ? 2 : random.Next(1, 6), levels = random.Next(1, PoolBlocksKernel.MostLevels + 1);
        Check(stage, element, random, seed, grid, side, levels, isComplete: random.Next(2) == 0);
    }

    private static void Check(KernelStage stage, AttentionElement element, Random random, int seed, GridSize grid, int side, int levels, bool isComplete)
    {
        int batch = random.Next(1, 3), heads = random.Next(1, 3), dimension = 8 * random.Next(1, 20);

        // Missing tokens: the rest lie one after the other, as in a cache that has no place for them.
        int[]? places = null;
        int tokens = grid.TokenCount;
        if (!isComplete)
        {
            tokens = 0;
            places = [.. Enumerable.Range(0, grid.TokenCount).Select(_ => random.Next(3) == 0 ? -1 : tokens++)];
            tokens = Math.Max(tokens, 1);
        }

        var problem = new KernelProblem(SparsePattern.Dense(1, tokens), element, batch, heads, dimension, (TensorOrder)random.Next(3), seed);
        (int Side, GridSize Blocks)[] cuts = [.. Enumerable.Range(0, levels)
            .Select(level => (int)Math.Min(int.MaxValue, (long)Math.Min(side, Math.Max(grid.Height, grid.Width)) << level))
            .Select(side => (side, new GridSize((int)(((long)grid.Height + side - 1) / side), (int)(((long)grid.Width + side - 1) / side))))];
        int blocks = cuts.Sum(cut => cut.Blocks.TokenCount);
        var meansLayout = AttentionLayout.TokensFirst(batch, heads, blocks, dimension);
        int size = ElementCodec.Size(element);
        ulong meanKeys = stage.Copy<byte>(Enumerable.Repeat((byte)0xFF, (int)meansLayout.Extent * size).ToArray());
        ulong meanValues = stage.Copy<byte>(Enumerable.Repeat((byte)0xFF, (int)meansLayout.Extent * size).ToArray());
        ulong logCounts = stage.Copy<float>(Enumerable.Repeat(float.NaN, blocks).ToArray());
        stage.Run(ScoringLaunches.Pool(
            new CudaTensor(stage.Copy<byte>(problem.Keys), problem.KeyLayout),
            new CudaTensor(stage.Copy<byte>(problem.Values), problem.KeyLayout),
            places is null ? 0 : stage.Copy<int>(places),
            grid,
            side,
            levels,
            new CudaTensor(meanKeys, meansLayout),
            new CudaTensor(meanValues, meansLayout),
            logCounts,
            element));
        byte[] keys = stage.Read<byte>(meanKeys, (int)meansLayout.Extent * size), values = stage.Read<byte>(meanValues, (int)meansLayout.Extent * size);
        float[] counts = stage.Read<float>(logCounts, blocks);
        (int Side, GridSize Blocks, int Index)[] all = [.. cuts.SelectMany(cut => Enumerable.Range(0, cut.Blocks.TokenCount).Select(index => (cut.Side, cut.Blocks, index)))];
        for (int block = 0; block < blocks; block++)
        {
            (int blockSide, GridSize cut, int index) = all[block];
            string where = $"seed {seed}, {grid} in {levels} levels of blocks from {side} on, {element}, block {block}";
            int[] members = [.. Enumerable.Range(0, grid.TokenCount)
                .Where(cell => cell / grid.Width / blockSide * cut.Width + cell % grid.Width / blockSide == index)
                .Select(cell => places is null ? cell : places[cell]).Where(token => token >= 0)];
            Near.Equal(Math.Log(members.Length), counts[block], 1e-6, where);
            for (int i = 0; i < batch * heads * dimension; i++)
            {
                int column = i % dimension, head = i / dimension % heads, entry = i / dimension / heads;
                double Mean(byte[] memory) => members.Length == 0 ? 0 : members.Average(token =>
                    ElementCodec.Read(element, memory, problem.KeyLayout.Offset(entry, head, token) + column));
                long place = meansLayout.Offset(entry, head, block) + column;
                double tolerance = element == AttentionElement.Float32 ? 1e-6 : element == AttentionElement.Float16 ? 1e-3 : 8e-3;
                Near.Equal(Mean(problem.Keys), ElementCodec.Read(element, keys, place), tolerance, where);
                Near.Equal(Mean(problem.Values), ElementCodec.Read(element, values, place), tolerance, where);
            }
        }
    }
}
