using VarSparse.Attention;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

/// <summary>The reference against numbers worked out by hand: everything else is measured by it.</summary>
public class ReferenceAttentionTests
{
    // Logits 0, ln 3 and ln 4 for the first query, 0, 0 and 0 for the second.
    private static readonly double[] Q = [1, 0, 0, 0];
    private static readonly double[] K = [0, 5, Math.Log(3), 6, Math.Log(4), 7];
    private static readonly double[] V = [1, 10, 2, 20, 3, 30];

    [Fact]
    public void Dense_weights_are_1_to_3_to_4()
    {
        (double[] output, double[] sums) = Run(SparsePattern.Dense(2, 3));
        AssertClose([(1 + 6 + 12) / 8.0, (10 + 60 + 120) / 8.0, 2, 20], output);
        AssertClose([Math.Log(8), Math.Log(3)], sums);
    }

    [Fact]
    public void Hidden_keys_drop_out_and_a_query_that_sees_none_gives_zeros()
    {
        var pattern = SparsePattern.FromDenseMask(new[,] { { true, true, false }, { false, false, false } }, QueryTiles.Raster(2, 2));
        (double[] output, double[] sums) = Run(pattern);
        AssertClose([(1 + 6) / 4.0, (10 + 60) / 4.0, 0, 0], output);
        AssertClose([Math.Log(4), double.NegativeInfinity], sums);
    }

    [Fact]
    public void A_bias_multiplies_a_keys_weight_and_minus_infinity_hides_it()
    {
        SparsePattern pattern = SparsePattern.Dense(2, 3).WithKeyBias([(float)Math.Log(2), 0, float.NegativeInfinity]);
        (double[] output, double[] sums) = Run(pattern);
        AssertClose([(2 + 6) / 5.0, (20 + 60) / 5.0, 4 / 3.0, 40 / 3.0], output, 1e-7);
        AssertClose([Math.Log(5), Math.Log(3)], sums, 1e-7);
    }

    [Fact]
    public void The_default_scale_is_one_over_the_root_of_the_head_dimension()
    {
        double[] q = [2, 0, 0, 0];
        double[] k = [0, 0, 0, 0, Math.Log(3), 0, 0, 0];
        var output = new double[4];
        ReferenceAttention.Run(q, k, [4, 0, 0, 0, 8, 0, 0, 0], 1, 1, 4, SparsePattern.Dense(1, 2), output);
        AssertClose([7, 0, 0, 0], output);
    }

    [Fact]
    public void Heads_and_batch_entries_use_their_own_tensors_and_lists()
    {
        var lists = KeyLists.Create(2, [0, 1, 2], [0, 1]);
        var pattern = SparsePattern.Create(QueryTiles.Raster(1, 1), lists, [0, 1, 1, 0], headCount: 2, batchCount: 2);
        var output = new double[4];
        ReferenceAttention.Run(new double[4], new double[8], [1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 1, pattern, output);
        Assert.Equal([1, 4, 6, 7], output);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var pattern = SparsePattern.Dense(2, 3);
        var perHead = SparsePattern.FromKeyLists(QueryTiles.Raster(2, 2), 3, new int[][][] { [[0]], [[1]] });
        Reject("q", pattern, q: 3);
        Reject("k", pattern, k: 7);
        Reject("v", pattern, v: 5);
        Reject("output", pattern, output: 5);
        Reject("logSumExp", pattern, sums: 3);
        Reject("batch", pattern, batch: 0);
        Reject("heads", pattern, heads: -1);
        Reject("headDimension", pattern, dimension: 0);
        Reject("pattern", perHead);
        Reject("scale", pattern, scale: double.NaN);

        static void Reject(
            string name, SparsePattern pattern, int q = 4, int k = 6, int v = 6, int output = 4, int sums = 2, int batch = 1, int heads = 1, int dimension = 2, double scale = 1) =>
            BadInput.Rejected(name, () => ReferenceAttention.Run(
                new double[q], new double[k], new double[v], batch, heads, dimension, pattern, new double[output], scale, new double[sums]), "expected");
    }

    private static (double[] Output, double[] LogSumExp) Run(SparsePattern pattern)
    {
        var output = new double[4];
        var sums = new double[2];
        ReferenceAttention.Run(Q, K, V, 1, 1, 2, pattern, output, scale: 1, sums);
        return (output, sums);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First == pair.Second || Math.Abs(pair.First - pair.Second) < tolerance, $"{pair}"));
    }
}
