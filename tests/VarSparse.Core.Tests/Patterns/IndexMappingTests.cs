using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class IndexMappingTests
{
    [Fact]
    public void Equals_the_formulas_on_random_schedules()
    {
        for (int seed = 0; seed < 80; seed++)
        {
            var random = new Random(seed);
            var grids = new GridSize[random.Next(1, 6)];
            for (int i = 0; i < grids.Length; i++)
                grids[i] = new GridSize(random.Next(1, 14), random.Next(1, 14));
            int decision = random.Next(grids.Length), scale = random.Next(grids.Length);
            var options = new KeyMapOptions
            {
                Alignment = random.Next(2) == 0 ? KeyAlignment.Identity : KeyAlignment.Relative,
                SinkScales = random.Next(0, grids.Length + 2),
                LocalMargin = random.Next(2) == 0 ? null : random.Next(0, 4),
                Tile = random.Next(3) == 0 ? TileShape.Default : new TileShape(random.Next(1, 9), random.Next(1, 9)),
                RunLength = random.Next(3) == 0 ? random.Next(1, 200) : null,
            };
            Check(new ScaleSchedule(grids), decision, scale, options, random.Next(1, 3), random.Next(1, 4), seed);
        }
    }

    [Theory]
    [InlineData(1.0, KeyAlignment.Relative)]
    [InlineData(1.75, KeyAlignment.Relative)]
    [InlineData(1.75, KeyAlignment.Identity)]
    public void Equals_the_formulas_on_Infinitys_last_scale(double aspectRatio, KeyAlignment alignment) =>
        Check(ScaleSchedule.Infinity(aspectRatio), 10, 12, new KeyMapOptions { Alignment = alignment, RunLength = 192 }, 1, 1, seed: 1);

    [Fact]
    public void A_local_band_reaches_its_margin_and_no_further()
    {
        // Without sinks, and with tiles that are smaller than the grid: else most of a band is seen anyway.
        var schedule = new ScaleSchedule(new GridSize(1, 1), new GridSize(11, 13));
        for (int margin = 0; margin < 5; margin++)
        {
            var band = new KeyMapOptions { SinkScales = 0, LocalMargin = margin };
            Check(schedule, 0, 1, band with { Tile = new TileShape(2, 3) }, 1, 2, seed: margin);
            Check(schedule, 0, 1, band with { Tile = new TileShape(4, 5) }, 2, 1, seed: margin);
            Check(schedule, 0, 1, band with { RunLength = 20 }, 1, 1, seed: margin);
        }
    }

    [Fact]
    public void A_scale_maps_to_itself_with_sinks_joined()
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 4);
        SparsePattern selection = Selection(schedule, 2, new KeyMapOptions(), 1, 2, new Random(3));
        SparsePattern same = new IndexMapping(schedule, 2, 2, new KeyMapOptions { SinkScales = 0 }).Map(selection);
        Assert.True(selection.ToDenseMask(0, 1).Cast<bool>().SequenceEqual(same.ToDenseMask(0, 1).Cast<bool>()));
        SparsePattern sinks = new IndexMapping(schedule, 2, 2, new KeyMapOptions { SinkScales = 1 }).Map(selection);
        Assert.All(Enumerable.Range(0, 2), head => Assert.Equal(0, sinks.Lists.Keys(sinks.ListOf(0, head, 0))[0]));
    }

    [Fact]
    public void Tiles_with_the_same_nearest_tile_share_a_list()
    {
        var schedule = ScaleSchedule.Infinity();
        SparsePattern selection = Selection(schedule, 10, new KeyMapOptions(), 2, 3, new Random(4));
        SparsePattern mapped = new IndexMapping(schedule, 10, 12).Map(selection);
        Assert.Equal((32, 15 * 6), (mapped.Tiles.TileCount, mapped.Lists.ListCount));
        Assert.Equal((2, 3), (mapped.BatchCount, mapped.HeadCount));
        SparsePattern half = mapped.FirstBatchEntries(1);
        Assert.Equal((1, 3), (half.BatchCount, half.HeadCount));
        Assert.Equal(mapped.ListOfTile[..(3 * 32)], half.ListOfTile);
        Assert.Same(half, half.FirstBatchEntries(1));
    }

    [Fact]
    public void Some_heads_keep_their_lists_in_each_batch_entry()
    {
        SparsePattern all = Selection(ScaleSchedule.Var256, 8, new KeyMapOptions(), batch: 2, heads: 4, new Random(5)).WithKeyBias(new float[ScaleSchedule.Var256.TokensThrough(8)]);

        SparsePattern some = all.OfHeads(1, 2);

        Assert.Equal((2, 2), (some.BatchCount, some.HeadCount));
        Assert.True(all.KeyBias.SequenceEqual(some.KeyBias));
        for (int tile = 0; tile < all.Tiles.TileCount; tile++)
        {
            for (int matrix = 0; matrix < 4; matrix++)
                Assert.Equal(all.ListOf(matrix / 2, 1 + matrix % 2, tile), some.ListOf(matrix / 2, matrix % 2, tile));
        }

        SparsePattern shared = SparsePattern.Dense(3, 4);
        Assert.Same(shared, shared.OfHeads(7, 2));
    }

    [Fact]
    public void Bad_input_is_rejected()
    {
        var schedule = ScaleSchedule.Var256;
        BadInput.Rejected("decisionScale", () => _ = new IndexMapping(schedule, 10, 9), "got 10");
        BadInput.Rejected("queryScale", () => _ = new IndexMapping(schedule, 8, -1), "got -1");
        BadInput.Rejected("SinkScales", () => _ = new IndexMapping(schedule, 8, 9, new() { SinkScales = -1 }), "got -1");
        BadInput.Rejected("LocalMargin", () => _ = new IndexMapping(schedule, 8, 9, new() { LocalMargin = -2 }), "got -2");
        BadInput.Rejected("shape", () => _ = new IndexMapping(schedule, 8, 9, new() { RunLength = 257 }), "1x257");
        var mapping = new IndexMapping(schedule, 8, 9);
        BadInput.Rejected("selection", () => mapping.Map(SparsePattern.Dense(4, 5)), "got 4 queries", "expected 169 in 2 and");
        BadInput.Rejected("selection", () => mapping.Map(CrossScaleLocal.Create(schedule, 8)), "token mask");
        BadInput.Rejected("count", () => Selection(schedule, 2, new(), 2, 1, new Random(1)).FirstBatchEntries(3), "got 3", "1 to 2");
        BadInput.Rejected("first", () => Selection(schedule, 2, new(), 2, 3, new Random(1)).OfHeads(3, 1), "got 3", "0 to 2");
        BadInput.Rejected("count", () => Selection(schedule, 2, new(), 2, 3, new Random(1)).OfHeads(1, 3), "got 3 heads from 1", "at most 2");
        BadInput.Rejected("count", () => Selection(schedule, 2, new(), 2, 3, new Random(1)).OfHeads(1, 0), "got 0");
    }

    private static void Check(ScaleSchedule schedule, int decision, int scale, KeyMapOptions options, int batch, int heads, int seed)
    {
        SparsePattern selection = Selection(schedule, decision, options, batch, heads, new Random(seed));
        var mapping = new IndexMapping(schedule, decision, scale, options);

        SparsePattern mapped = mapping.Map(selection);

        GridSize grid = schedule[scale];
        Assert.Equal((batch, heads, grid.TokenCount, schedule.TokensThrough(scale)), (mapped.BatchCount, mapped.HeadCount, mapped.QueryCount, mapped.KeyCount));
        Assert.True(mapped.Tiles.UncoveredQueries.IsEmpty);
        int width = options.RunLength is null ? grid.Width : grid.TokenCount;
        for (int tile = 0; tile < mapped.Tiles.TileCount; tile++)
        {
            int[] queries = mapped.Tiles.Queries(tile).ToArray();
            int group = SlowIndexMapping.DecisionGroup(queries[0], grid, schedule[decision], options);
            for (int matrix = 0; matrix < batch * heads; matrix++)
            {
                int source = selection.ListOf(matrix / heads, matrix % heads, group);
                SortedSet<int> expected = SlowIndexMapping.Keys(schedule, decision, scale, options, selection.Lists.Keys(source));
                for (int token = 0; options.LocalMargin is { } margin && token < grid.TokenCount; token++)
                {
                    if (queries.Any(query => Math.Abs(token / width - query / width) <= margin && Math.Abs(token % width - query % width) <= margin))
                        expected.Add(schedule.TokenOffset(scale) + token);
                }

                int[] actual = mapped.Lists.Keys(mapped.ListOf(matrix / heads, matrix % heads, tile)).ToArray();
                Assert.True(expected.SequenceEqual(actual), $"seed {seed}, {schedule}, {decision} to {scale}, {options}, tile {tile}: {string.Join(' ', expected)} expected, {string.Join(' ', actual)}");
            }
        }
    }

    /// <summary>Random lists of the decision scale, some of them empty.</summary>
    private static SparsePattern Selection(ScaleSchedule schedule, int decision, KeyMapOptions options, int batch, int heads, Random random)
    {
        QueryTiles tiles = options.TilesOf(schedule[decision]);
        int keyCount = schedule.TokensThrough(decision);
        int[][] lists = [.. Enumerable.Range(0, batch * heads * tiles.TileCount).Select(_ =>
        {
            double share = random.Next(4) == 0 ? 0 : random.NextDouble();
            return Enumerable.Range(0, keyCount).Where(_ => random.NextDouble() < share).ToArray();
        })];
        var keys = KeyLists.Create(keyCount, [0, .. lists.Select((_, i) => lists.Take(i + 1).Sum(list => list.Length))], [.. lists.SelectMany(list => list)]);
        return SparsePattern.Create(tiles, keys, [.. Enumerable.Range(0, lists.Length)], heads, batch);
    }
}
