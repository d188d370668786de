using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class AttentionRecallTests
{
    [Fact]
    public void Equals_the_visible_part_of_the_full_matrix()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 4), batch = random.Next(1, 3);
            SparsePattern pattern = RandomPatterns.Next(random, heads, batch);
            var problem = new AttentionCase<float>(SparsePattern.Dense(pattern.QueryCount, pattern.KeyCount), batch, heads, 16, seed, amplitude: 2);
            (_, float[] logSumExp) = problem.Run(CpuAttention.Shared);
            var recall = new double[batch * heads];

            AttentionRecall.Compute<float>(new(problem.Q, problem.QueryLayout), new(problem.K, problem.KeyLayout), logSumExp, pattern, recall);

            // One tile a query, so that the sums are the matrix.
            double[] matrix = FullMatrixSums.Of(problem, QueryTiles.Raster(pattern.QueryCount, 1));
            for (int i = 0; i < recall.Length; i++)
            {
                bool[,] mask = pattern.ToDenseMask(i / heads, i % heads);
                double expected = 0;
                for (int pair = 0; pair < mask.Length; pair++)
                    expected += mask[pair / pattern.KeyCount, pair % pattern.KeyCount] ? matrix[i * mask.Length + pair] : 0;
                Assert.True(Math.Abs(expected / pattern.QueryCount - recall[i]) < Tolerances.ColumnSum, $"seed {seed}, {pattern}: {recall[i]}, expected {expected / pattern.QueryCount}");
            }
        }
    }

    [Fact]
    public void Bad_input_is_rejected()
    {
        BadInput.Rejected("logSumExp", () => Compute(new float[3], new double[1]), "got 3", "expected 4");
        BadInput.Rejected("recall", () => Compute(new float[4], new double[2]), "got 2", "expected 1");

        static void Compute(float[] logSumExp, double[] recall) => AttentionRecall.Compute<float>(
            new(new float[32], AttentionLayout.HeadsFirst(1, 1, 4, 8)), new(new float[24], AttentionLayout.HeadsFirst(1, 1, 3, 8)), logSumExp, SparsePattern.Dense(4, 3), recall);
    }
}
