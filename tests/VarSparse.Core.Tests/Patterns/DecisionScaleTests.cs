using VarSparse.Attention;
using VarSparse.Core.Tests.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class DecisionScaleTests
{
    [Fact]
    public void The_papers_count_is_a_multiple_of_112()
    {
        Assert.Equal(784, DecisionScale.CountOf(0.2, 4121, 112));
        Assert.Equal(824, DecisionScale.CountOf(0.2, 4121));
        Assert.Equal(1, DecisionScale.CountOf(0.2, 1));
        Assert.Equal(50, DecisionScale.CountOf(0.2, 50, 112));
        Assert.Equal(4121, DecisionScale.CountOf(1, 4121, 112));
    }

    [Fact]
    public void Lists_equal_those_of_a_sorted_full_attention_matrix()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var grid = new GridSize(random.Next(1, 12), random.Next(1, 12));
            QueryTiles tiles = QueryTiles.FromGrid(grid, new TileShape(random.Next(1, 9), random.Next(1, 9)));
            int keyCount = grid.TokenCount + random.Next(0, 60), heads = random.Next(1, 4), batch = random.Next(1, 3);
            var problem = new AttentionCase<float>(SparsePattern.Dense(grid.TokenCount, keyCount), batch, heads, 16, seed, amplitude: 2);
            double[] expected = FullMatrixSums.Of(problem, tiles);
            (_, float[] logSumExp) = problem.Run(CpuAttention.Shared);
            var sums = new float[expected.Length];
            CpuAttention.Shared.ColumnSums<float>(new(problem.Q, problem.QueryLayout), new(problem.K, problem.KeyLayout), logSumExp, tiles, sums);
            int keep = random.Next(1, keyCount + 1);

            SparsePattern kept = DecisionScale.KeepHeaviest(sums, batch, heads, tiles, keep);

            Assert.Equal((batch, heads, grid.TokenCount, keyCount), (kept.BatchCount, kept.HeadCount, kept.QueryCount, kept.KeyCount));
            for (int row = 0; row < batch * heads * tiles.TileCount; row++)
            {
                int[] list = kept.Lists.Keys(kept.ListOfTile[row]).ToArray();
                double[] masses = expected[(row * keyCount)..((row + 1) * keyCount)];
                double cut = masses.OrderDescending().ElementAt(keep - 1);

                // Rounding may swap keys whose masses are equal to five digits, no others.
                Assert.True(list.Length == keep && list.SequenceEqual(list.Distinct().Order()), $"seed {seed}, row {row}");
                Assert.True(list.All(key => masses[key] >= cut * (1 - 1e-4)), $"seed {seed}, row {row}: {keep} of {keyCount}");
                Assert.True(Enumerable.Range(0, keyCount).Where(key => masses[key] > cut * (1 + 1e-4)).All(list.Contains), $"seed {seed}, row {row}");
            }
        }
    }

    [Fact]
    public void Keeps_the_heaviest_and_of_equal_ones_the_lowest()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            (float[] masses, int rows, int keys) = Masses(random);
            int keep = random.Next(4) == 0 ? keys : random.Next(1, keys + 1);
            SparsePattern kept = DecisionScale.KeepHeaviest(masses, 1, rows, QueryTiles.Raster(1, 1), keep);
            for (int row = 0; row < rows; row++)
                Assert.Equal(Order(masses, row, keys).Take(keep).Order(), kept.Lists.Keys(row).ToArray());
        }
    }

    [Fact]
    public void Keeps_the_fewest_that_cover_a_share()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            (float[] masses, int rows, int keys) = Masses(random);
            double coverage = random.Next(5) == 0 ? 1 : 1 - random.NextDouble();
            SparsePattern kept = DecisionScale.KeepCoverage(masses, rows, 1, QueryTiles.Raster(1, 1), coverage);
            for (int row = 0; row < rows; row++)
            {
                int[] order = [.. Order(masses, row, keys)], actual = kept.Lists.Keys(row).ToArray();
                double total = order.Sum(key => (double)masses[row * keys + key]), sum = actual.Sum(key => (double)masses[row * keys + key]);
                double last = actual.Min(key => (double)masses[row * keys + key]), slack = total * 1e-6;
                Assert.Equal(order.Take(actual.Length).Order(), actual);
                Assert.True(sum >= coverage * total - slack, $"seed {seed}, row {row}: {sum} of {total}");
                Assert.True(total == 0 ? actual.Length == keys : sum - last < coverage * total + slack, $"seed {seed}, row {row}: {actual.Length} keys");
            }
        }
    }

    [Fact]
    public void Whole_numbers_are_covered_exactly_and_without_a_ranking_all_are_kept()
    {
        // The cases of the device kernel's tests.
        float[] masses = [1, 4, 0, 8, 1, 2];
        Assert.Equal([3], Covering(masses, 0.5));
        Assert.Equal([1, 3], Covering(masses, 0.500001));
        Assert.Equal([0, 1, 3, 5], Covering(masses, 15 / 16.0));
        Assert.Equal([0, 1, 3, 4, 5], Covering(masses, 1));
        Assert.Equal([0], Covering([1, 1], 0.5));
        Assert.Equal([0, 1], Covering([1, 1], Math.BitIncrement(0.5)));
        Assert.Equal([1], Covering([1, 2], double.Epsilon));
        Assert.Equal([3], Covering([0, -1, -5, 2, -0f], 1));
        Assert.Equal([0], Covering([float.Epsilon], 0.1));
        Assert.Equal([0, 2], Covering([1e-40f, 0, 1e-40f], 1));
        Assert.Equal([0, 1, 2], Covering([0, -1, -0f], 0.1));
        Assert.Equal([0, 1, 2], Covering([1, float.NaN, 0], 0.1));
        Assert.Equal([0, 1, 2], Covering([0, 1, float.PositiveInfinity], 0.1));
    }

    [Fact]
    public void Bad_input_is_rejected()
    {
        var tiles = QueryTiles.Raster(4, 2);
        BadInput.Rejected("share", () => DecisionScale.CountOf(0, 10), "got 0");
        BadInput.Rejected("share", () => DecisionScale.CountOf(double.NaN, 10), "got NaN");
        BadInput.Rejected("multiple", () => DecisionScale.CountOf(0.5, 10, 0), "got 0");
        BadInput.Rejected("keep", () => DecisionScale.KeepHeaviest(new float[6], 1, 1, tiles, 4), "got 4", "expected 1 to 3");
        BadInput.Rejected("sums", () => DecisionScale.KeepHeaviest(new float[7], 1, 1, tiles, 1), "got 7", "multiple of 2");
        BadInput.Rejected("sums", () => DecisionScale.KeepCoverage([], 1, 1, tiles, 1), "got 0");
        BadInput.Rejected("coverage", () => DecisionScale.KeepCoverage(new float[6], 1, 1, tiles, 1.5), "got 1.5");
        BadInput.Rejected("heads", () => DecisionScale.KeepCoverage(new float[6], 1, 0, tiles, 1), "got 0");
    }

    private static int[] Covering(float[] masses, double coverage) =>
        DecisionScale.KeepCoverage(masses, 1, 1, QueryTiles.Raster(1, 1), coverage).Lists.Keys(0).ToArray();

    /// <summary>Masses as attention gives them, or few values many times.</summary>
    private static (float[] Masses, int Rows, int Keys) Masses(Random random)
    {
        int rows = random.Next(1, 4), keys = random.Next(4) == 0 ? random.Next(1, 10) : random.Next(1, 900);
        bool coarse = random.Next(2) == 0, empty = random.Next(6) == 0;
        var masses = new float[rows * keys];
        for (int i = 0; i < masses.Length; i++)
            masses[i] = empty ? 0 : coarse ? random.Next(4) * 0.25f : (float)Math.Exp(12 * random.NextDouble() - 10);
        return (masses, rows, keys);
    }

    private static IEnumerable<int> Order(float[] masses, int row, int keys) =>
        Enumerable.Range(0, keys).OrderByDescending(key => masses[row * keys + key]).ThenBy(key => key);
}
