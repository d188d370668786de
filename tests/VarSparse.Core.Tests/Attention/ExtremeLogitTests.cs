using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class ExtremeLogitTests
{
    private const int Dimension = 8;

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Logits_of_ten_thousand_of_either_sign_neither_overflow_nor_vanish(int vectorBits)
    {
        using var attention = new CpuAttention(1, vectorBits);
        foreach (double offset in new[] { 1e4, -1e4, 0 })
        {
            // Logit of key k: offset - k / 8, exactly representable in every factor.
            var problem = new AttentionCase<float>(SparsePattern.Dense(40, 200), 1, 1, Dimension, seed: 3, scale: 1);
            Array.Clear(problem.Q);
            Array.Clear(problem.K);
            for (int query = 0; query < 40; query++)
                problem.Q[query * Dimension] = problem.Q[query * Dimension + 1] = 1;
            for (int key = 0; key < 200; key++)
                (problem.K[key * Dimension], problem.K[key * Dimension + 1]) = ((float)offset, -key / 8f);

            (float[] output, float[] sums) = problem.Run(attention);
            (double[] expected, double[] expectedSums) = problem.Reference();

            // A logit of 1e4 has an error of half a unit in its last place, 5e-4, whatever the method.
            double tolerance = offset == 0 ? 1e-5 : 5e-3;
            for (int i = 0; i < output.Length; i++)
                Assert.Equal(expected[i], output[i], tolerance);
            for (int i = 0; i < sums.Length; i++)
                Assert.Equal(expectedSums[i], sums[i], 2 * tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void The_largest_of_far_apart_logits_takes_all_wherever_it_stands(int vectorBits)
    {
        using var attention = new CpuAttention(1, vectorBits);
        const int queries = 35, keys = 150;
        var problem = new AttentionCase<float>(SparsePattern.Dense(queries, keys), 1, 1, Dimension, seed: 4, scale: 1);
        Array.Clear(problem.Q);
        for (int query = 0; query < queries; query++)
            problem.Q[query * Dimension] = 1;
        for (int winner = 0; winner < keys; winner += 7)
        {
            for (int key = 0; key < keys; key++)
                problem.K[key * Dimension] = key == winner ? 1e4f : -1e4f;
            float[] output = problem.Run(attention).Output;
            for (int query = 0; query < queries; query++)
                Assert.Equal(problem.V.AsSpan(winner * Dimension, Dimension), output.AsSpan(query * Dimension, Dimension));
        }
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Equal_logits_average_the_visible_values(int vectorBits)
    {
        using var attention = new CpuAttention(1, vectorBits);
        bool[,] mask = RandomPatterns.RandomMask(new Random(5), 90, 130);
        var problem = new AttentionCase<float>(SparsePattern.FromDenseMask(mask, QueryTiles.Raster(90, 77)), 1, 1, Dimension, seed: 5);
        Array.Clear(problem.Q);
        (float[] output, float[] sums) = problem.Run(attention);
        for (int query = 0; query < 90; query++)
        {
            int[] seen = [.. Enumerable.Range(0, 130).Where(key => mask[query, key])];
            for (int d = 0; d < Dimension; d++)
                Assert.Equal(seen.Length == 0 ? 0 : seen.Average(key => problem.V[key * Dimension + d]), output[query * Dimension + d], 1e-6f);
            Assert.Equal(seen.Length == 0 ? float.NegativeInfinity : MathF.Log(seen.Length), sums[query], 1e-6f);
        }
    }
}
