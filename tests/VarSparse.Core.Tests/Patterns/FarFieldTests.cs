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
    public void Near_blocks_are_those_that_a_window_touches()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            bool[,] windows = item.SlowWindows();
            bool[,] expected = DenseMasks.Create(item.Queries.Length, plan.SummaryCount + plan.TokenCount, (query, key) =>
            {
                if (key < plan.SummaryCount)
                    return !plan.Members(key).IsEmpty && !Touches(item.Queries[query], plan.Blocks[key]);
                int token = item.Tokens[key - plan.SummaryCount];
                return item.Schedule.Position(token).Scale < item.Options.SinkScales || Touches(item.Queries[query], item.SlowBlockOf(token));
            });
            DenseMasks.AssertEqual(expected, plan.Pattern.ToDenseMask(), $"seed {seed}, {item}");
            Assert.DoesNotContain(plan.Pattern.Lists.AllKeys.ToArray(), key => key < plan.SummaryCount && plan.Members(key).IsEmpty);

            bool Touches(int query, FarFieldBlock block) => FarFieldCase.Cells(item.Schedule, block).Any(token => windows[query, token]);
        }
    }

    [Fact]
    public void Blocks_cut_each_scale_and_count_the_tokens_that_are_there()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            string what = $"seed {seed}, {item}";
            int[] cells = [.. plan.Blocks.SelectMany(block => FarFieldCase.Cells(item.Schedule, block)).Order()];
            int first = Math.Min(item.Options.SinkScales, item.QueryScale + 1) is var scale && scale < item.Schedule.Count ? item.Schedule.TokenOffset(scale) : item.Schedule.TokenCount;
            int all = item.Schedule.TokensThrough(item.QueryScale);
            Assert.True(cells.SequenceEqual(Enumerable.Range(first, all - first)), what);
            for (int block = 0; block < plan.SummaryCount; block++)
            {
                int[] members = [.. FarFieldCase.Cells(item.Schedule, plan.Blocks[block]).Select(cell => Array.IndexOf(item.Tokens, cell)).Where(row => row >= 0)];
                Assert.Equal(members, plan.Members(block).ToArray());
                Assert.All(FarFieldCase.Cells(item.Schedule, plan.Blocks[block]), cell => Assert.Equal(item.SlowBlockOf(cell), plan.Blocks[block]));
                double weight = members.Sum(row => Math.Exp(item.Bias.Length == 0 ? 0 : item.Bias[row]));
                Assert.Equal((float)Math.Log(weight), plan.Pattern.KeyBias[block], 1e-6f);
            }

            Assert.Equal(item.Bias.Length == 0 ? new float[plan.TokenCount] : item.Bias, plan.Pattern.KeyBias[plan.SummaryCount..].ToArray());
            Assert.InRange(plan.Density, 0, 1);
        }
    }

    [Fact]
    public void Summaries_of_earlier_scales_keep_their_distance_to_the_first_token()
    {
        var schedule = ScaleSchedule.Infinity(1.75, InfinityResolution.Megapixels060);
        FarFieldPlan before = FarField.Create(schedule, 10), after = FarField.Create(schedule, 11);
        Assert.Equal(before.Blocks, after.Blocks.Skip(after.SummaryCount - before.SummaryCount));
    }

    [Fact]
    public void Default_sides_fit_infinitys_scales_square_or_not()
    {
        int[] sides = [2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 8];
        Assert.Equal(sides, ScaleSchedule.Infinity().Select(FarField.DefaultBlockSide));
        Assert.Equal(sides, ScaleSchedule.Infinity(1.75).Select(FarField.DefaultBlockSide));
        FarFieldPlan plan = FarField.Create(ScaleSchedule.Infinity(), 12);
        Assert.Equal(36 + 64 + 100 + 36 + 64 + 100 + 144 + 64, plan.SummaryCount);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 4);
        BadInput.Rejected("queryScale", () => FarField.Create(schedule, 3), "got 3", "0 to 2");
        BadInput.Rejected("Windows", () => FarField.Create(schedule, 2, new() { Windows = [1] }), "got 1", "expected 3");
        BadInput.Rejected("BlockSides", () => FarField.Create(schedule, 2, new() { BlockSides = [1] }), "got 1", "expected 3");
        BadInput.Rejected("BlockSides", () => FarField.Create(schedule, 2, new() { BlockSides = [1, 0, 1] }), "scale 1 has 0", "at least 1");
        BadInput.Rejected("SinkScales", () => FarField.Create(schedule, 2, new() { SinkScales = -1 }), "got -1", "at least 0");
        BadInput.Rejected("shape", () => FarField.Create(schedule, 2, new() { Tile = new TileShape(0, 4) }), "0x4");
        BadInput.Rejected("tokens", () => FarField.Create(schedule, 2, tokens: [21]), "got 21", "0 to 20");
        BadInput.Rejected("queries", () => FarField.Create(schedule, 2, queries: [3, 2]), "got 2 after 3");
        BadInput.Rejected("tokenBias", () => FarField.Create(schedule, 2, tokens: [1, 2], tokenBias: [0]), "got 1", "expected 2");
        BadInput.Rejected("block", () => FarField.Create(schedule, 2, new() { SinkScales = 2 }).Members(4), "got 4", "0 to 3");
    }
}
