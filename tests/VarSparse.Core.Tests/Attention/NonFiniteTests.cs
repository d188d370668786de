using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

/// <summary>NaN and infinities reach the queries that see them, as in dense attention, and no other.</summary>
public class NonFiniteTests
{
    private static readonly double[] Odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity];

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Odd_numbers_anywhere_give_what_the_reference_gives(int vectorBits)
    {
        using var attention = new CpuAttention(2, vectorBits);
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, 2, 1);
            if (random.Next(2) == 0)
                pattern = pattern.WithKeyBias([.. Enumerable.Range(0, pattern.KeyCount).Select(_ => random.Next(4) == 0 ? float.NegativeInfinity : 1)]);
            switch (seed % 3)
            {
                case 0: Check<float>(attention, random, pattern, seed); break;
                case 1: Check<Half>(attention, random, pattern, seed); break;
                default: Check<BFloat16>(attention, random, pattern, seed); break;
            }
        }
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void What_no_query_sees_does_not_matter(int vectorBits)
    {
        using var attention = new CpuAttention(1, vectorBits);
        const int queries = 70, keys = 90;
        bool[,] mask = DenseMasks.Create(queries, keys, (query, key) => key % 3 == 0 && (query + key) % 2 == 0);
        SparsePattern pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(queries, 70))
            .WithKeyBias([.. Enumerable.Range(0, keys).Select(key => key % 9 == 0 ? float.NegativeInfinity : 0)]);
        var problem = new AttentionCase<float>(pattern, 1, 1, 16, seed: 1);
        float[] expected = problem.Run(attention).Output;
        for (int key = 0; key < keys; key++)
        {
            if (key % 3 != 0 || key % 9 == 0)
                problem.V.AsSpan(key * 16, 16).Fill(float.NaN);
            if (key % 3 != 0)
                problem.K.AsSpan(key * 16, 16).Fill(float.NaN);
        }

        float[] actual = problem.Run(attention).Output;
        for (int i = 0; i < actual.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-6f);
    }

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void A_query_that_sees_nothing_gives_zeros_and_minus_infinity(int vectorBits)
    {
        var tiles = QueryTiles.Raster(200, 200);
        SparsePattern[] blind =
        [
            SparsePattern.FromDenseMask(DenseMasks.Create(200, 9, (query, key) => query == 150 && key == 3), tiles),
            SparsePattern.Create(QueryTiles.Raster(200, 100), KeyLists.Create(9, [0, 1, 1], [3], [0, 1UL << 30], 2), [1, 1]),
            SparsePattern.FromKeyLists(QueryTiles.FromLists(200, [[150, 3]]), 9, [[3]]),
            SparsePattern.FromKeyLists(QueryTiles.FromLists(200, []), 9, new int[][][] { [] }),
            SparsePattern.Dense(200, 9).WithKeyBias([.. Enumerable.Repeat(float.NegativeInfinity, 9)]),
        ];
        foreach (SparsePattern pattern in blind)
        {
            using var attention = new CpuAttention(2, vectorBits);
            var problem = new AttentionCase<float>(pattern, 1, 2, 8, seed: 2);
            (float[] output, float[] sums) = problem.Run(attention);
            bool[,] mask = pattern.ToDenseMask();
            for (int row = 0; row < sums.Length; row++)
            {
                int query = row % 200;
                if (pattern.KeyBias.IsEmpty && Enumerable.Range(0, 9).Any(key => mask[query, key]))
                    continue;
                Assert.Equal(float.NegativeInfinity, sums[row]);
                Assert.Equal(new float[8], output[(row * 8)..((row + 1) * 8)]);
            }
        }
    }

    private static void Check<T>(CpuAttention attention, Random random, SparsePattern pattern, int seed)
        where T : unmanaged
    {
        var problem = new AttentionCase<T>(pattern, 1, 2, 8 * random.Next(1, 5), seed);
        foreach (T[] tensor in new[] { problem.Q, problem.K, problem.V })
        {
            for (int i = random.Next(0, 4); i > 0; i--)
                tensor[random.Next(tensor.Length)] = AttentionCase<T>.FromDouble(Odd[random.Next(Odd.Length)]);
        }

        (T[] output, float[] sums) = problem.Run(attention);
        (double[] expected, double[] expectedSums) = problem.Reference();
        for (int i = 0; i < expected.Length; i++)
        {
            double actual = AttentionCase<T>.ToDouble(output[i]);
            if (!AreAlike(expected[i], actual, 8 * Tolerances.Element<T>()))
                Assert.Fail($"{problem}: element {i} is {actual}, expected {expected[i]}");
        }

        for (int i = 0; i < sums.Length; i++)
        {
            if (!AreAlike(expectedSums[i], sums[i], Tolerances.LogSumExp))
                Assert.Fail($"{problem}: log-sum-exp {i} is {sums[i]}, expected {expectedSums[i]}");
        }
    }

    private static bool AreAlike(double expected, double actual, double tolerance) => double.IsFinite(expected)
        ? Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected))
        : expected.Equals(actual);
}
