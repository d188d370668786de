using System.Runtime.InteropServices;
using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Selection;
using VarSparse.Kernels.Tests.Attention;
using VarSparse.Kernels.Tests.Support;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Tests.Selection;

public sealed class CrossScaleLocalKernelTests(AttentionLab lab, KernelLab compilers)
{
    private const int Seeds = 6;

    [Fact]
    public void Equals_the_image_of_the_pattern_made_on_the_host()
    {
        for (int seed = 0; seed < Seeds; seed++)
            Check(KernelStage.Simulated(lab), seed);
    }

    [Fact]
    public void Equals_the_image_of_the_pattern_made_on_the_host_on_a_device()
    {
        using var probe = KernelStage.Device();
        for (int seed = 0; seed < 60 * Seeds; seed++)
            Check(KernelStage.Device(), seed);
        foreach (double ratio in (double[])[1, 1.75, 0.5])
        {
            foreach (bool exactMask in (bool[])[true, false])
                Check(KernelStage.Device(), ScaleSchedule.Infinity(ratio), 12, new() { ExactMask = exactMask }, $"ratio {ratio}");
        }
    }

    [Fact]
    public void Equals_it_at_the_windows_of_a_generation_step()
    {
        var schedule = new ScaleSchedule([.. ((int[])[1, 2, 4, 6, 8, 12]).Select(side => new GridSize(side, side + side / 3))]);
        Check(KernelStage.Simulated(lab), schedule, 5, new(), "defaults");
        Check(KernelStage.Simulated(lab), schedule, 4, new() { Tile = new TileShape(16, 16) }, "four words");
        Check(KernelStage.Simulated(lab), schedule, 3, new() { Tile = new TileShape(1, 256) }, "rows of a grid");
    }

    [Fact]
    public void Empty_patterns_and_single_tokens_work()
    {
        var one = new ScaleSchedule(new GridSize(1, 1));
        Check(KernelStage.Simulated(lab), one, 0, new() { SinkScales = 0, Windows = [-1] }, "nothing");
        Check(KernelStage.Simulated(lab), one, 0, new() { SinkScales = 0, Windows = [0] }, "itself");
        Check(KernelStage.Simulated(lab), one, 0, new() { SinkScales = 0, Windows = [int.MaxValue] }, "endless");
        Check(KernelStage.Simulated(lab), one, 0, new(), "sink");
    }

    [Fact]
    public void Room_is_that_of_the_longest_list()
    {
        var plan = CrossScaleLocalPlan.Create(ScaleSchedule.Infinity(), 12, null);
        PatternImage image = PatternImage.Create(CrossScaleLocal.Create(ScaleSchedule.Infinity(), 12));
        int longest = Enumerable.Range(0, image.TileCount).Max(tile => image.ListRanges[tile * 4 + 1]);
        Assert.InRange(plan.StepsPerList, (longest + 127) / 128, (longest + 127) / 128 + 2);
    }

    [Fact]
    public void Refuses_what_the_host_refuses()
    {
        ScaleSchedule schedule = ScaleSchedule.Var256;
        foreach ((int scale, CrossScaleLocalOptions options) in new[]
        {
            (10, new CrossScaleLocalOptions()), (3, new() { SinkScales = -1 }), (3, new() { Windows = [1] }),
            (3, new() { Tile = new TileShape(16, 17) }), (0, new() { Windows = [-2, 0, 0, 0, 0, 0, 0, 0, 0, 0] }),
        })
        {
            string expected = Assert.ThrowsAny<ArgumentException>(() => CrossScaleLocal.Create(schedule, scale, options)).Message;
            Assert.Equal(expected, Assert.ThrowsAny<ArgumentException>(() => CrossScaleLocalPlan.Create(schedule, scale, options)).Message);
        }
    }

    [Fact]
    public void Ptx_keeps_to_registers_and_takes_its_parameters() =>
        LaunchedPtx.Check(compilers, CrossScaleLocalPlan.Launch(CrossScaleLocalPlan.Create(ScaleSchedule.Var256, 9, null).Lay().At(0)));

    private static void Check(KernelStage stage, int seed)
    {
        var random = new Random(seed);
        var grids = new GridSize[random.Next(1, 5)];
        for (int i = 0; i < grids.Length; i++)
            grids[i] = random.Next(6) == 0 ? new GridSize(1, 1) : new GridSize(random.Next(1, 24), random.Next(1, 24));
        var options = new CrossScaleLocalOptions
        {
            Windows = [.. grids.Select(_ => random.Next(-1, random.Next(2) == 0 ? 3 : 12))],
            SinkScales = random.Next(0, 3),
            Tile = random.Next(4) == 0 ? TileShape.Default : new TileShape(random.Next(1, 17), random.Next(1, 17)),
            ExactMask = random.Next(4) != 0,
        };
        Check(stage, new ScaleSchedule(grids), random.Next(grids.Length), options, $"seed {seed}", inOnePart: random.Next(2) == 0);
    }

    private static void Check(
        KernelStage stage, ScaleSchedule schedule, int scale, CrossScaleLocalOptions options, string name, bool inOnePart = false)
    {
        using (stage)
        {
            string where = $"{name}, {schedule}, scale {scale}, {options.Tile}, windows {string.Join(' ', options.Windows ?? [])}, exact {options.ExactMask}";
            var plan = CrossScaleLocalPlan.Create(schedule, scale, options);
            var (memory, at) = plan.Lay();

            // The memory is not cleared before.
            var bytes = new byte[memory.Bytes];
            Array.Fill(bytes, (byte)0xEE);
            MemoryMarshal.AsBytes(plan.Sources).CopyTo(bytes.AsSpan((int)at(0).Sources));
            ulong address = stage.Copy<byte>(bytes);
            CrossScaleLocalParameters parameters = at(address);
            if (inOnePart && parameters.StepsPerList <= ListPart.MostSteps)
                parameters.PartsPerList = 1;
            stage.Run(CrossScaleLocalPlan.Launch(parameters));
            var reader = new BlockReader(stage.Read<byte>(address, bytes.Length), address);
            AttentionParameters made = plan.Pattern(parameters);
            SparsePattern pattern = CrossScaleLocal.Create(schedule, scale, options);
            PatternImage image = PatternImage.Create(pattern);

            Assert.Equal((image.QueryCount, image.KeyCount, image.TileCount, image.WordsPerTile), (made.QueryCount, made.KeyCount, made.TileCount, made.WordsPerTile));
            Assert.Equal((image.HasMask, image.HasMask, image.HasMask), (made.BlockStates != 0, made.MaskFragments != 0, made.StepRanges != 0));
            Equal(image.SlotQueries, reader.At<int>(made.SlotQueries, image.SlotQueries.Length), where);
            Equal(image.ListOfTile, reader.At<int>(made.ListOfTile, image.TileCount), where);
            Equal(image.StepRanges, reader.At<int>(made.StepRanges, image.StepRanges.Length), where);

            // Kernels read ahead, and fetch what they read of.
            int entries = (parameters.Tiles.TileCount * parameters.StepsPerList + 1) * StepLayout.KeysPerStep;
            Assert.All(reader.At<int>(made.KeyIndices, entries), key => Assert.InRange(key, 0, pattern.KeyCount - 1));
            int words = image.WordsPerTile;
            for (int tile = 0; tile < image.TileCount; tile++)
            {
                int[] expected = image.ListRanges[(tile * 4)..][..4];
                int[] actual = reader.At<int>(made.ListRanges + (ulong)tile * 16, 4);
                int blocks = (expected[1] + 63) / 64;
                Assert.True(expected[1] == actual[1] && actual[0] % 64 == 0, $"{where}, tile {tile}: {string.Join(' ', actual)}, {expected[1]} keys expected");
                Equal([.. image.Keys[expected[0]..][..expected[1]], .. new int[blocks * 64 - expected[1]]], reader.At<int>(made.KeyIndices + (ulong)actual[0] * 4, blocks * 64), where);
                if (!image.HasMask)
                    continue;
                Equal(image.BlockStates[(expected[2] * words)..][..(blocks * words)], reader.At<byte>(made.BlockStates + (ulong)(actual[2] * words), blocks * words), where);
                Equal(
                    image.MaskFragments[(expected[2] * words * 128)..][..(blocks * words * 128)],
                    reader.At<uint>(made.MaskFragments + (ulong)(actual[2] * words * 128) * 4, blocks * words * 128),
                    where);
            }
        }
    }

    private static void Equal<T>(T[] expected, T[] actual, string where)
        where T : IEquatable<T> =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), $"{where}:\n{string.Join(' ', expected)} expected,\n{string.Join(' ', actual)}");
}
