using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class ColumnSumTests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Equal_those_of_the_full_matrix(int vectorBits)
    {
        using var attention = new CpuAttention(2, vectorBits);
        for (int seed = 0; seed < 30; seed++)
        {
            switch (seed % 3)
            {
                case 0: Check<float>(attention, seed); break;
                case 1: Check<Half>(attention, seed); break;
                default: Check<BFloat16>(attention, seed); break;
            }
        }
    }

    [Fact]
    public void A_query_that_sees_nothing_or_stands_in_no_tile_adds_nothing()
    {
        float[] q = [.. Enumerable.Repeat(0f, 4 * 8)], k = [.. Enumerable.Repeat(1f, 3 * 8)];
        var sums = new float[2 * 3];
        float third = MathF.Log(3);
        CpuAttention.Shared.ColumnSums<float>(
            new(q, AttentionLayout.HeadsFirst(1, 1, 4, 8)),
            new(k, AttentionLayout.HeadsFirst(1, 1, 3, 8)),
            [third, float.NegativeInfinity, third, third],
            QueryTiles.FromLists(4, [[0, 1], [3]]),
            sums);
        Assert.All(sums, sum => Assert.Equal(1 / 3.0, sum, 1e-6));
    }

    [Fact]
    public void Bad_input_is_rejected()
    {
        var tiles = QueryTiles.Raster(4, 2);
        BadInput.Rejected("logSumExp", () => Sum(new float[3], new float[6], tiles), "got 3", "expected 4");
        BadInput.Rejected("sums", () => Sum(new float[4], new float[7], tiles), "got 7", "expected 6");
        BadInput.Rejected("q", () => Sum(new float[4], new float[6], QueryTiles.Raster(5, 3)), "has 4 tokens");

        static void Sum(float[] logSumExp, float[] sums, QueryTiles tiles) => CpuAttention.Shared.ColumnSums<float>(
            new(new float[32], AttentionLayout.HeadsFirst(1, 1, 4, 8)), new(new float[24], AttentionLayout.HeadsFirst(1, 1, 3, 8)), logSumExp, tiles, sums);
    }

    private static void Check<T>(CpuAttention attention, int seed)
        where T : unmanaged
    {
        var random = new Random(seed);
        var grid = new GridSize(random.Next(1, 14), random.Next(1, 20));
        QueryTiles tiles = random.Next(3) switch
        {
            0 => QueryTiles.FromGrid(grid, TileShape.Default),
            1 => QueryTiles.FromGrid(grid, new TileShape(random.Next(1, 17), random.Next(1, 17))),
            _ => QueryTiles.Raster(grid.TokenCount, random.Next(1, 257)),
        };
        int keyCount = random.Next(4) == 0 ? 1 : random.Next(1, 300), heads = random.Next(1, 4), batch = random.Next(1, 3);
        LayoutRule layout = random.Next(2) == 0 ? AttentionLayout.TokensFirst : AttentionLayout.HeadsFirst;
        var problem = new AttentionCase<T>(
            SparsePattern.Dense(grid.TokenCount, keyCount), batch, heads, 8 * random.Next(1, 9), seed, layout, scale: random.Next(2) == 0 ? null : random.NextDouble(), amplitude: 2);
        (_, float[] logSumExp) = problem.Run(attention);
        var sums = new float[batch * heads * tiles.TileCount * keyCount];
        Array.Fill(sums, float.NaN);
        attention.ColumnSums<T>(new(problem.Q, problem.QueryLayout), new(problem.K, problem.KeyLayout), logSumExp, tiles, sums, problem.Scale);

        double[] expected = FullMatrixSums.Of(problem, tiles);
        for (int i = 0; i < sums.Length; i++)
        {
            if (!(Math.Abs(sums[i] - expected[i]) <= Tolerances.ColumnSum * Math.Max(expected[i], 1e-3)))
                Assert.Fail($"{problem}, {grid}: sum {i} is {sums[i]}, expected {expected[i]}");
        }
    }
}
