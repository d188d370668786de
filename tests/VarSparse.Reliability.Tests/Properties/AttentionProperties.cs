using VarSparse.Attention;
using VarSparse.Core.Tests.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class AttentionProperties : IDisposable
{
    private readonly CpuAttention _attention = new(threads: 1);

    public void Dispose() => _attention.Dispose();

    [Fact]
    public void A_full_pattern_on_any_tiles_is_dense_attention() => Property.Holds(1000, random =>
    {
        int queries = random.Next(1, 40), keys = random.Next(1, 100);
        var full = SparsePattern.FromDenseMask(DenseMasks.Create(queries, keys, (_, _) => true), SmallPatterns.Shuffled(random, queries, all: true));
        var sparse = new AttentionCase<float>(full, 1, 2, Dimension(random), random.Next());
        var dense = new AttentionCase<float>(SparsePattern.Dense(queries, keys), 1, 2, sparse.Dimension, sparse.Seed);
        Assert.Equal(1, full.Density);
        Close(dense.Run(_attention).Output, sparse.Run(_attention).Output);
    });

    [Fact]
    public void Any_pattern_is_what_the_float64_reference_says() => Property.Holds(1500, random =>
    {
        SparsePattern pattern = SmallPatterns.Next(random, heads: 2, batch: 2);
        if (random.Next(3) == 0)
            pattern = pattern.WithKeyBias([.. Enumerable.Range(0, pattern.KeyCount).Select(_ => random.Next(5) == 0 ? float.NegativeInfinity : random.NextSingle())]);
        int seed = random.Next();
        switch (random.Next(3))
        {
            case 0: new AttentionCase<float>(pattern, 2, 2, Dimension(random), seed).AssertMatchesReference(_attention); break;
            case 1: new AttentionCase<Half>(pattern, 2, 2, Dimension(random), seed).AssertMatchesReference(_attention); break;
            default: new AttentionCase<BFloat16>(pattern, 2, 2, Dimension(random), seed).AssertMatchesReference(_attention); break;
        }
    });

    [Fact]
    public void Permuting_heads_permutes_outputs_bit_for_bit() => Property.Holds(1000, random =>
    {
        int heads = random.Next(1, 5);
        SparsePattern pattern = SmallPatterns.Next(random);
        var problem = new AttentionCase<float>(pattern, 1, heads, Dimension(random), random.Next());
        int[] order = [.. Enumerable.Range(0, heads)];
        random.Shuffle(order);
        (float[] output, float[] sums) = problem.Run(_attention);
        Permute(problem.Q, order);
        Permute(problem.K, order);
        Permute(problem.V, order);
        (float[] permuted, float[] permutedSums) = problem.Run(_attention);
        Permute(output, order);
        Permute(sums, order);
        Same(output, permuted);
        Same(sums, permutedSums);
    });

    [Fact]
    public void Scaling_values_by_a_power_of_two_scales_outputs_exactly() => Property.Holds(1000, random =>
    {
        var problem = new AttentionCase<float>(SmallPatterns.Next(random), 1, 1, Dimension(random), random.Next());
        float factor = MathF.ScaleB(random.Next(2) == 0 ? 1 : -1, random.Next(-20, 21));
        float[] expected = [.. problem.Run(_attention).Output.Select(value => value * factor)];
        for (int i = 0; i < problem.V.Length; i++)
            problem.V[i] *= factor;
        float[] actual = problem.Run(_attention).Output;
        for (int i = 0; i < actual.Length; i++)
            Assert.True(expected[i] == actual[i], $"element {i} is {actual[i]}, expected {expected[i]}");
    });

    [Fact]
    public void Disjoint_patterns_merged_by_log_sum_exp_are_their_union() => Property.Holds(1000, random =>
    {
        int queries = random.Next(1, 40), keys = random.Next(1, 80), dimension = Dimension(random), seed = random.Next();
        bool[,] all = SmallPatterns.Mask(random, queries, keys);
        bool[,] half = DenseMasks.Create(queries, keys, (query, key) => all[query, key] && random.Next(2) == 0);
        bool[,] rest = DenseMasks.Create(queries, keys, (query, key) => all[query, key] && !half[query, key]);
        var first = SparsePattern.FromDenseMask(half, SmallPatterns.Shuffled(random, queries, all: true));
        var second = SparsePattern.FromDenseMask(rest, SmallPatterns.Shuffled(random, queries, all: true));
        (float[] outputA, float[] sumsA) = new AttentionCase<float>(first, 1, 1, dimension, seed).Run(_attention);
        (float[] outputB, float[] sumsB) = new AttentionCase<float>(second, 1, 1, dimension, seed).Run(_attention);
        (float[] union, float[] sums) = new AttentionCase<float>(first.Union(second), 1, 1, dimension, seed).Run(_attention);
        var merged = new float[union.Length];
        for (int i = 0; i < merged.Length; i++)
        {
            double weightA = Math.Exp(sumsA[i / dimension]), weightB = Math.Exp(sumsB[i / dimension]), sum = weightA + weightB;
            merged[i] = sum == 0 ? 0 : (float)((weightA * outputA[i] + weightB * outputB[i]) / sum);
            Assert.Equal(sums[i / dimension], Math.Log(sum), 1e-5);
        }

        Close(union, merged);
    });

    [Fact]
    public void Adding_visible_keys_changes_nothing() => Property.Holds(1000, random =>
    {
        SparsePattern pattern = SmallPatterns.Next(random);
        bool[,] mask = pattern.ToDenseMask();
        bool[,] part = DenseMasks.Create(pattern.QueryCount, pattern.KeyCount, (query, key) => mask[query, key] && random.Next(2) == 0);
        SparsePattern more = pattern.Union(SparsePattern.FromDenseMask(part, QueryTiles.Raster(pattern.QueryCount, random.Next(1, 50))));
        var problem = new AttentionCase<float>(pattern, 1, 1, Dimension(random), random.Next());
        Close(problem.Run(_attention).Output, new AttentionCase<float>(more, 1, 1, problem.Dimension, problem.Seed).Run(_attention).Output);
    });

    [Fact]
    public void The_order_of_keys_and_queries_is_of_no_account() => Property.Holds(1000, random =>
    {
        int queries = random.Next(1, 40), keys = random.Next(1, 80), dimension = Dimension(random);
        bool[,] mask = SmallPatterns.Mask(random, queries, keys);
        int[] newQuery = [.. Enumerable.Range(0, queries)], newKey = [.. Enumerable.Range(0, keys)];
        random.Shuffle(newQuery);
        random.Shuffle(newKey);
        var problem = new AttentionCase<float>(SparsePattern.FromDenseMask(mask, QueryTiles.Raster(queries, random.Next(1, 50))), 1, 1, dimension, random.Next());
        bool[,] moved = new bool[queries, keys];
        for (int i = 0; i < mask.Length; i++)
            moved[newQuery[i / keys], newKey[i % keys]] = mask[i / keys, i % keys];
        var other = new AttentionCase<float>(SparsePattern.FromDenseMask(moved, QueryTiles.Raster(queries, random.Next(1, 50))), 1, 1, dimension, problem.Seed);
        float[] expected = problem.Run(_attention).Output;
        Move(problem.Q, newQuery, other.Q);
        Move(problem.K, newKey, other.K);
        Move(problem.V, newKey, other.V);
        var movedBack = new float[expected.Length];
        Move(expected, newQuery, movedBack);
        Close(movedBack, other.Run(_attention).Output);

        void Move(float[] source, int[] places, float[] destination)
        {
            for (int row = 0; row < places.Length; row++)
                source.AsSpan(row * dimension, dimension).CopyTo(destination.AsSpan(places[row] * dimension));
        }
    });

    [Fact]
    public void Element_types_agree_within_the_table() => Property.Holds(1000, random =>
    {
        SparsePattern pattern = SmallPatterns.Next(random);
        int dimension = Dimension(random), seed = random.Next();
        if (random.Next(2) == 0)
            AgreesWithSingle<Half>(pattern, dimension, seed);
        else
            AgreesWithSingle<BFloat16>(pattern, dimension, seed);
    });

    private void AgreesWithSingle<T>(SparsePattern pattern, int dimension, int seed)
        where T : unmanaged
    {
        var narrow = new AttentionCase<T>(pattern, 1, 1, dimension, seed);
        var single = new AttentionCase<float>(pattern, 1, 1, dimension, seed);
        Widen(narrow.Q, single.Q);
        Widen(narrow.K, single.K);
        Widen(narrow.V, single.V);
        float[] expected = single.Run(_attention).Output;
        T[] actual = narrow.Run(_attention).Output;
        double largest = Math.Max(expected.Max(Math.Abs), 1e-30);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(AttentionCase<T>.ToDouble(actual[i]) - expected[i]) <= Tolerances.Element<T>() * largest, $"element {i}: {actual[i]} and {expected[i]}");

        static void Widen(T[] from, float[] to)
        {
            for (int i = 0; i < to.Length; i++)
                to[i] = (float)AttentionCase<T>.ToDouble(from[i]);
        }
    }

    private static int Dimension(Random random) => 8 * random.Next(1, 5);

    private static void Permute(float[] heads, int[] order)
    {
        float[] before = [.. heads];
        int size = heads.Length / order.Length;
        for (int head = 0; head < order.Length; head++)
            before.AsSpan(order[head] * size, size).CopyTo(heads.AsSpan(head * size));
    }

    private static void Close(float[] expected, float[] actual)
    {
        double largest = Math.Max(expected.Max(Math.Abs), 1e-30);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(actual[i] - expected[i]) <= Tolerances.Element<float>() * largest, $"element {i} is {actual[i]}, expected {expected[i]}");
    }

    private static void Same(float[] expected, float[] actual) =>
        Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
}
