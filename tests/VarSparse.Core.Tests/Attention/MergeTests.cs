using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class MergeTests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Disjoint_parts_merged_by_log_sum_exp_equal_their_union(int vectorBits)
    {
        using var attention = new CpuAttention(2, vectorBits);
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            int queries = random.Next(1, 200), keys = random.Next(1, 200);
            bool[,] all = RandomPatterns.RandomMask(random, queries, keys);
            bool[,] half = DenseMasks.Create(queries, keys, (query, key) => all[query, key] && random.Next(2) == 0);
            bool[,] rest = DenseMasks.Create(queries, keys, (query, key) => all[query, key] && !half[query, key]);
            var first = SparsePattern.FromDenseMask(half, QueryTiles.Raster(queries, random.Next(1, 257)));
            var second = SparsePattern.FromDenseMask(rest, QueryTiles.Raster(queries, random.Next(1, 257)));

            (float[] outputA, float[] sumsA) = new AttentionCase<float>(first, 2, 2, 16, seed).Run(attention);
            (float[] outputB, float[] sumsB) = new AttentionCase<float>(second, 2, 2, 16, seed).Run(attention);
            (float[] expected, float[] expectedSums) = new AttentionCase<float>(first.Union(second), 2, 2, 16, seed).Run(attention);
            for (int row = 0; row < sumsA.Length; row++)
            {
                double weightA = Math.Exp(sumsA[row]), weightB = Math.Exp(sumsB[row]), sum = weightA + weightB;
                Assert.Equal(expectedSums[row], Math.Log(sum), 1e-5);
                for (int d = row * 16; d < row * 16 + 16; d++)
                {
                    double merged = sum == 0 ? 0 : (weightA * outputA[d] + weightB * outputB[d]) / sum;
                    if (!(Math.Abs(merged - expected[d]) < 1e-5))
                        Assert.Fail($"seed {seed}, element {d}: merged {merged}, union {expected[d]}");
                }
            }
        }
    }
}
