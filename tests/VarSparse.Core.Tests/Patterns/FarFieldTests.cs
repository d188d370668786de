using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class FarFieldTests
{
    [Fact]
    public void Every_query_sees_every_token_exactly_once()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            bool[,] mask = plan.Pattern.ToDenseMask();
            for (int query = 0; query < mask.GetLength(0); query++)
            {
                var times = new int[plan.TokenCount];
                for (int token = 0; token < times.Length; token++)
                    times[token] = mask[query, plan.SummaryCount + token] ? 1 : 0;
                for (int block = 0; block < plan.SummaryCount; block++)
                {
                    foreach (int member in plan.Members(block))
                        times[member] += mask[query, block] ? 1 : 0;
                }

                Assert.True(times.All(count => count == 1), $"seed {seed}, {item}: query {query} sees tokens {string.Join(' ', times)} times");
            }
        }
    }

    [Fact]
    public void A_plan_of_some_queries_has_the_lists_of_the_whole_restricted()
    {
        var schedule = ScaleSchedule.Infinity();
        int[] queries = [.. Enumerable.Range(0, schedule[9].TokenCount).Where(query => query % 3 == 0 || query % 7 == 2)];
        foreach (bool exact in new[] { true, false })
        {
            FarFieldOptions options = new() { ExactMask = exact, CoarserBeyond = [1, 3] };
            SparsePattern expected = FarField.Create(schedule, 9, options).Pattern.Restrict(queries);
            SparsePattern actual = FarField.Create(schedule, 9, options, queries).Pattern;
            Assert.Equal(expected.Tiles.Offsets, actual.Tiles.Offsets);
            Assert.Equal(expected.Tiles.AllQueries, actual.Tiles.AllQueries);
            Assert.Equal(expected.ListOfTile, actual.ListOfTile);
            Assert.Equal(expected.Lists.Offsets, actual.Lists.Offsets);
            Assert.Equal(expected.Lists.AllKeys, actual.Lists.AllKeys);
            Assert.Equal(expected.Lists.AllMaskWords, actual.Lists.AllMaskWords);
            Assert.Equal(expected.KeyBias, actual.KeyBias);
        }
    }

    [Fact]
    public void Each_token_is_seen_through_the_block_that_the_definition_names()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            SlowFarFieldZones zones = item.Zones();
            var expected = new bool[item.Queries.Length, plan.SummaryCount + plan.TokenCount];
            for (int query = 0; query < item.Queries.Length; query++)
            {
                for (int token = 0; token < item.Tokens.Length; token++)
                {
                    int level = zones.LevelSeen(item.Queries[query], item.Tokens[token]);
                    expected[query, level < 0 ? plan.SummaryCount + token : Summary(plan, zones, item.Tokens[token], level)] = true;
                }
            }

            DenseMasks.AssertEqual(expected, plan.Pattern.ToDenseMask(), $"seed {seed}, {item}");
            Assert.DoesNotContain(plan.Pattern.Lists.AllKeys.ToArray(), key => key < plan.SummaryCount && plan.Members(key).IsEmpty);
        }
    }

    [Fact]
    public void Blocks_cut_each_scale_level_by_level_and_count_the_tokens_that_are_there()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            SlowFarFieldZones zones = item.Zones();
            string what = $"seed {seed}, {item}";
            List<FarFieldBlock> expected = [];
            for (int scale = item.QueryScale; scale >= item.Options.SinkScales; scale--)
            {
                IEnumerable<int> cells = Enumerable.Range(item.Schedule.TokenOffset(scale), item.Schedule[scale].TokenCount);
                for (int level = 0; level < zones.Levels(scale); level++)
                    expected.AddRange(cells.Select(cell => zones.BlockOf(cell, level)).Distinct().OrderBy(block => (block.Top, block.Left)));
            }

            Assert.True(expected.SequenceEqual(plan.Blocks), what);
            for (int block = 0; block < plan.SummaryCount; block++)
            {
                int[] members = [.. SlowFarFieldZones.Cells(item.Schedule, plan.Blocks[block]).Select(cell => Array.IndexOf(item.Tokens, cell)).Where(row => row >= 0)];
                Assert.Equal(members, plan.Members(block).ToArray());
                double weight = members.Sum(row => Math.Exp(item.Bias.Length == 0 ? 0 : item.Bias[row]));
                Assert.Equal((float)Math.Log(weight), plan.Pattern.KeyBias[block], 1e-6f);
            }

            Assert.Equal(item.Bias.Length == 0 ? new float[plan.TokenCount] : item.Bias, plan.Pattern.KeyBias[plan.SummaryCount..].ToArray());
            Assert.InRange(plan.Density, 0, 1);
        }
    }

    [Fact]
    public void Blocks_that_grow_with_distance_are_fewer_pairs()
    {
        var schedule = ScaleSchedule.Infinity();
        double even = FarField.Create(schedule, 12, new() { CoarserBeyond = [] }).Density;
        double graded = FarField.Create(schedule, 12, new() { CoarserBeyond = [2, 6] }).Density;
        double soon = FarField.Create(schedule, 12, new() { CoarserBeyond = [0, 2] }).Density;
        Assert.True(soon < graded && graded < even, $"{soon}, {graded}, {even}");

        // A distance beyond the grid changes nothing that a query sees.
        Assert.Equal(even, FarField.Create(schedule, 12, new() { CoarserBeyond = [int.MaxValue, int.MaxValue] }).Density);
    }

    [Fact]
    public void Windows_of_the_last_scales_are_those_of_a_list_that_is_filled_up_in_front()
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 3, 4, 6, 8, 12);
        var given = FarField.Create(schedule, 6, new() { SinkScales = 2, Windows = [-1, -1, -1, -1, 3, 5, 7] });
        var last = FarField.Create(schedule, 6, new() { SinkScales = 2, LastWindows = [3, 5, 7] });

        Assert.Equal(given.Pattern.ToDenseMask(), last.Pattern.ToDenseMask());
        Assert.NotEqual(given.Density, FarField.Create(schedule, 6, new() { SinkScales = 2 }).Density);
        Assert.Equal(
            FarField.Create(schedule, 0, new() { SinkScales = 0, LastWindows = [9, 9, 9, 9, 9, 9, 9, 5] }).Density,
            FarField.Create(schedule, 0, new() { SinkScales = 0, Windows = [9, 9, 9, 9, 9, 9, 5] }).Density);
    }

    [Fact]
    public void Summaries_of_earlier_scales_keep_their_distance_to_the_first_token()
    {
        var schedule = ScaleSchedule.Infinity(1.75, InfinityResolution.Megapixels060);
        FarFieldPlan before = FarField.Create(schedule, 10), after = FarField.Create(schedule, 11);
        Assert.Equal(before.Blocks, after.Blocks.Skip(after.SummaryCount - before.SummaryCount));
    }

    [Fact]
    public void Default_blocks_are_of_2_4_8_and_16_rows()
    {
        int[] sides = [12, 16, 20, 24, 32, 40, 48, 64];
        FarFieldPlan plan = FarField.Create(ScaleSchedule.Infinity(), 12);
        Assert.Equal(sides.Sum(side => ((int[])[2, 4, 8, 16]).Sum(block => (side + block - 1) / block * ((side + block - 1) / block))), plan.SummaryCount);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 4);
        BadInput.Rejected("queryScale", () => FarField.Create(schedule, 3), "got 3", "0 to 2");
        BadInput.Rejected("Windows", () => FarField.Create(schedule, 2, new() { Windows = [1] }), "got 1", "expected 3");
        BadInput.Rejected("LastWindows", () => FarField.Create(schedule, 2, new() { LastWindows = [1, -2] }), "got -2", "at least 0");
        BadInput.Rejected("LastWindows", () => FarField.Create(schedule, 2, new() { LastWindows = null! }), "got null");
        BadInput.Rejected("BlockSides", () => FarField.Create(schedule, 2, new() { BlockSides = [1] }), "got 1", "expected 3");
        BadInput.Rejected("BlockSides", () => FarField.Create(schedule, 2, new() { BlockSides = [1, 0, 1] }), "scale 1 has 0", "at least 1");
        BadInput.Rejected("CoarserBeyond", () => FarField.Create(schedule, 2, new() { CoarserBeyond = [2, 1] }), "got 2, 1", "ascending");
        BadInput.Rejected("CoarserBeyond", () => FarField.Create(schedule, 2, new() { CoarserBeyond = [-1] }), "got -1", "at least 0");
        BadInput.Rejected("CoarserBeyond", () => FarField.Create(schedule, 2, new() { CoarserBeyond = null! }), "got null");
        BadInput.Rejected("SinkScales", () => FarField.Create(schedule, 2, new() { SinkScales = -1 }), "got -1", "at least 0");
        BadInput.Rejected("shape", () => FarField.Create(schedule, 2, new() { Tile = new TileShape(0, 4) }), "0x4");
        BadInput.Rejected("tokens", () => FarField.Create(schedule, 2, tokens: [21]), "got 21", "0 to 20");
        BadInput.Rejected("queries", () => FarField.Create(schedule, 2, queries: [3, 2]), "got 2 after 3");
        BadInput.Rejected("tokenBias", () => FarField.Create(schedule, 2, tokens: [1, 2], tokenBias: [0]), "got 1", "expected 2");
        BadInput.Rejected("block", () => FarField.Create(schedule, 2, new() { SinkScales = 2, CoarserBeyond = [] }).Members(4), "got 4", "0 to 3");
    }

    /// <summary>The key that stands for a token's block; larger blocks come later.</summary>
    private static int Summary(FarFieldPlan plan, SlowFarFieldZones zones, int token, int level)
    {
        FarFieldBlock wanted = zones.BlockOf(token, level);
        int smaller = Enumerable.Range(0, level).Count(below => zones.BlockOf(token, below) == wanted);
        return Enumerable.Range(0, plan.SummaryCount).Where(block => plan.Blocks[block] == wanted).ElementAt(smaller);
    }
}
