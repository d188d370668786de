using VarSparse.Attention;
using VarSparse.Core.Tests.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Sizes;

public sealed unsafe class LargeSizeTests
{
    [Fact]
    public void Strides_beyond_31_bits_reach_the_right_elements()
    {
        Assert.SkipUnless(ReservedMemory.IsSupported, "addresses without memory are Linux's");
        const int dimension = 8, queries = 5, keys = 7;
        SparsePattern pattern = SparsePattern.FromKeyLists(QueryTiles.Raster(queries, 2), keys, [[0, 6], [1, 2, 3], [5]]);
        var problem = new AttentionCase<float>(pattern, 2, 2, dimension, seed: 4);

        // 4 matrices of rows 2^28 + 16 elements apart: 12 to 18 billion elements, 76 pages of them touched.
        AttentionLayout queryLayout = Apart(queries), keyLayout = Apart(keys);
        Assert.True(queryLayout.Extent > int.MaxValue);
        using ReservedMemory q = new(queryLayout.Extent * sizeof(float)), k = new(keyLayout.Extent * sizeof(float)),
            v = new(keyLayout.Extent * sizeof(float)), output = new(queryLayout.Extent * sizeof(float));
        Scatter(problem.Q, queryLayout, (float*)q.Start);
        Scatter(problem.K, keyLayout, (float*)k.Start);
        Scatter(problem.V, keyLayout, (float*)v.Start);
        using var attention = new CpuAttention(threads: 2);
        attention.Run<float>(
            new((float*)q.Start, queryLayout), new((float*)k.Start, keyLayout), new((float*)v.Start, keyLayout), pattern, new((float*)output.Start, queryLayout));

        float[] expected = problem.Run(attention).Output;
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], ((float*)output.Start)[Place(i, queryLayout)]);

        static AttentionLayout Apart(int tokens)
        {
            const long token = (1L << 28) + 16;
            return new(2, 2, tokens, dimension, 2 * tokens * token, tokens * token, token);
        }
    }

    [Fact]
    public void Two_hundred_thousand_tokens_give_what_every_query_should_get()
    {
        const int tokens = 200_000, dimension = 8, tile = 128;
        int[][] lists = [.. Enumerable.Range(0, (tokens + tile - 1) / tile).Select(i => (int[])[i, 100_000 + i, tokens - 1])];
        SparsePattern pattern = SparsePattern.FromKeyLists(QueryTiles.Raster(tokens, tile), tokens, lists);
        Assert.Equal(3L * tokens, pattern.KeptPairs);
        var random = new Random(5);
        AttentionLayout layout = AttentionLayout.HeadsFirst(1, 1, tokens, dimension);
        float[] q = Values(), k = Values(), v = Values(), output = new float[q.Length];
        CpuAttention.Shared.Run<float>(new(q, layout), new(k, layout), new(v, layout), pattern, new(output, layout), scale: 1);
        for (int query = 0; query < tokens; query++)
        {
            int[] keys = lists[query / tile];
            double[] weights = [.. keys.Select(key => Math.Exp(Enumerable.Range(0, dimension).Sum(d => (double)q[query * dimension + d] * k[key * dimension + d])))];
            for (int d = 0; d < dimension; d++)
            {
                double expected = keys.Select((key, i) => weights[i] * v[key * dimension + d]).Sum() / weights.Sum();
                if (Math.Abs(expected - output[query * dimension + d]) > Tolerances.Element<float>())
                    Assert.Fail($"query {query}, element {d} is {output[query * dimension + d]}, expected {expected}");
            }
        }

        float[] Values() => [.. Enumerable.Range(0, tokens * dimension).Select(_ => random.NextSingle() - 0.5f)];
    }

    [Fact]
    public void Local_patterns_of_two_hundred_thousand_keys_take_memory_by_their_lists()
    {
        // 448 x 448 queries over as many keys and those of coarser scales.
        var schedule = ScaleSchedule.FromSides(1, 4, 16, 64, 448);
        long before = GC.GetAllocatedBytesForCurrentThread();
        SparsePattern pattern = CrossScaleLocal.Create(schedule, 4, new CrossScaleLocalOptions { SinkScales = 2 });
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(schedule.TokenCount > 200_000);
        Assert.InRange(allocated, 1, 400 << 20);
        Assert.StartsWith("pattern: a mask of 200704 x 205073", Assert.Throws<InvalidOperationException>(() => pattern.ToDenseMask()).Message, StringComparison.Ordinal);
        Assert.Equal(32, pattern.ToText().Split('\n').Length);
    }

    [Fact]
    public void Heads_256_and_batch_64_are_computed()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        Tensor q = randn(64, 256, 3, 8), k = randn(64, 256, 5, 8), v = randn(64, 256, 5, 8);
        Tensor output = SparseAttention.Apply(q, k, v, SparsePattern.Dense(3, 5));
        Assert.True(allclose(nn.functional.scaled_dot_product_attention(q, k, v), output, 1e-5, 1e-5));
    }

    [Fact]
    public void Sizes_that_no_array_can_hold_are_refused_with_the_limit()
    {
        string limit = $"at most {Array.MaxLength - 1}";
        Refused(() => QueryTiles.Raster(int.MaxValue, 256));
        Refused(() => QueryTiles.FromLists(int.MaxValue, []));
        Refused(() => QueryTiles.FromGrid(new GridSize(1 << 16, 1 << 15), TileShape.Default));
        Refused(() => SparsePattern.Dense(1, int.MaxValue));
        Refused(() => KeyLists.Create(int.MaxValue, [0], []));
        Refused(() => BlockMask.Create(new bool[1, 1], int.MaxValue, 1, int.MaxValue, 1));
        Refused(() => BlockMask.Create(new bool[1, 1], 1, int.MaxValue, 1, int.MaxValue));

        void Refused(Action action) => Assert.Contains(limit, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private static void Scatter(float[] headsFirst, AttentionLayout layout, float* destination)
    {
        for (int i = 0; i < headsFirst.Length; i++)
            destination[Place(i, layout)] = headsFirst[i];
    }

    private static long Place(int i, AttentionLayout layout)
    {
        (int row, int d) = Math.DivRem(i, layout.HeadDimension);
        (int matrix, int token) = Math.DivRem(row, layout.Tokens);
        return layout.Offset(matrix / layout.Heads, matrix % layout.Heads, token) + d;
    }
}
