using TorchSharp;
using VarSparse.Core.Tests.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch.Tests;

public sealed class SparseAttentionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Every_dtype_agrees_with_float64(ScalarType dtype)
    {
        foreach (int headDimension in new[] { 8, 64, 128, 256 })
        {
            SparsePattern pattern = Local();
            (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(headDimension, 2, 3, pattern, headDimension, dtype);

            (Tensor output, Tensor logSumExp) = SparseAttention.ApplyWithLogSumExp(q, k, v, pattern);

            Assert.Equal(dtype, output.dtype);
            Assert.Equal(ScalarType.Float32, logSumExp.dtype);
            (Tensor expected, Tensor expectedSums) = AttentionInTorch.Reference(q, k, v, pattern);
            Near(expected, output, Tolerance(dtype), $"{dtype}, head dimension and seed {headDimension}");
            Near(expectedSums, logSumExp, Tolerances.LogSumExp, $"log-sum-exp, {dtype}, head dimension and seed {headDimension}");
        }
    }

    [Fact]
    public void It_agrees_with_torch_under_a_boolean_mask()
    {
        SparsePattern pattern = Local();
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 1, 1, 2, pattern, 64);

        Tensor expected = nn.functional.scaled_dot_product_attention(q, k, v, AttentionInTorch.Mask(pattern, 1, 2));

        Near(expected, SparseAttention.Apply(q, k, v, pattern), 4 * Tolerance(ScalarType.Float32), "seed 1");
    }

    [Fact]
    public void The_dense_pattern_is_dense_attention()
    {
        SparsePattern pattern = SparsePattern.Dense(37, 301);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 2, 2, 3, pattern, 64);

        Tensor expected = nn.functional.scaled_dot_product_attention(q, k, v);

        Near(expected, SparseAttention.Apply(q, k, v, pattern), 4 * Tolerance(ScalarType.Float32), "seed 2");
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Tokens_first_comes_and_goes_without_a_copy(ScalarType dtype)
    {
        SparsePattern pattern = SparsePattern.Dense(19, 19);
        manual_seed(3);
        Tensor packed = randn([2, 19, 3, 4, 16]).to(dtype); // [B, L, q and k and v, H, D], as one projection leaves them
        Tensor q = packed.select(2, 0).transpose(1, 2), k = packed.select(2, 1).transpose(1, 2), v = packed.select(2, 2).transpose(1, 2);
        (Tensor expected, _) = AttentionInTorch.Reference(q, k, v, pattern);
        long before = Tensor.TotalCount;

        Tensor output = SparseAttention.Apply(q, k, v, pattern);

        Assert.Equal(before + 1, Tensor.TotalCount);
        Assert.Equal([2, 4, 19, 16], output.shape);
        Assert.True(output.transpose(1, 2).is_contiguous(), "the output does not lie tokens first, as q does");
        Near(expected, output, Tolerance(dtype), $"{dtype}, seed 3");
    }

    [Fact]
    public void Heads_first_comes_out_contiguous_and_views_are_read_in_place()
    {
        SparsePattern pattern = SparsePattern.Dense(11, 23);
        manual_seed(4);
        Tensor q = randn(3, 5, 12, 32)[1.., .., 1.., 8..24]; // an offset and gaps between rows
        Tensor k = randn(1, 1, 23, 16).expand(2, 5, 23, 16), v = randn(2, 5, 46, 16)[.., .., TensorIndex.Slice(0, null, 2)];

        Tensor output = SparseAttention.Apply(q, k, v, pattern);

        Assert.True(output.is_contiguous());
        Near(AttentionInTorch.Reference(q, k, v, pattern).Output, output, Tolerance(ScalarType.Float32), "seed 4");
    }

    [Fact]
    public void Scale_and_key_bias_are_applied()
    {
        SparsePattern pattern = Local();
        float[] bias = [.. Enumerable.Range(0, pattern.KeyCount).Select(key => (key % 5) - 2f)];
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 5, 1, 2, pattern, 32);

        foreach (double? scale in new double?[] { null, 0, 0.3, -0.2, 1 })
        {
            Tensor plain = SparseAttention.Apply(q, k, v, pattern, scale);
            Tensor biased = SparseAttention.Apply(q, k, v, pattern.WithKeyBias(bias), scale);
            Near(AttentionInTorch.Reference(q, k, v, pattern, scale).Output, plain, 2 * Tolerance(ScalarType.Float32), $"scale {scale}, seed 5");
            Near(
                AttentionInTorch.Reference(q, k, v, pattern.WithKeyBias(bias), scale).Output, biased, 2 * Tolerance(ScalarType.Float32),
                $"bias, scale {scale}, seed 5");
        }
    }

    [Fact]
    public void Two_patterns_that_share_no_key_merge_into_dense_attention()
    {
        const int Queries = 40, Keys = 90;
        var random = new Random(6);
        var first = new bool[Queries, Keys];
        var second = new bool[Queries, Keys];
        for (int query = 0; query < Queries; query++)
        {
            for (int key = 0; key < Keys; key++)
            {
                first[query, key] = query % 7 != 3 && random.NextDouble() < 0.3;
                second[query, key] = !first[query, key];
            }
        }

        QueryTiles tiles = QueryTiles.Raster(Queries, 16);
        SparsePattern dense = SparsePattern.Dense(Queries, Keys);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 6, 2, 2, dense, 64);

        (Tensor output1, Tensor sum1) = SparseAttention.ApplyWithLogSumExp(q, k, v, SparsePattern.FromDenseMask(first, tiles));
        (Tensor output2, Tensor sum2) = SparseAttention.ApplyWithLogSumExp(q, k, v, SparsePattern.FromDenseMask(second, tiles));

        Tensor weights = stack([sum1, sum2]).softmax(0).unsqueeze(-1);
        Tensor merged = (weights * stack([output1, output2])).sum(dim: 0);
        Near(AttentionInTorch.Reference(q, k, v, dense).Output, merged, 2 * Tolerance(ScalarType.Float32), "seed 6");
        Assert.True(output1.select(2, 3).eq(0).all().item<bool>(), "a query without keys does not give zeros");
        Assert.True(sum1.select(2, 3).isneginf().all().item<bool>(), "a query without keys does not give minus infinity");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 1)]
    [InlineData(2, 3)]
    public void Each_batch_entry_and_head_takes_its_own_lists(int patternBatch, int patternHeads)
    {
        const int Queries = 50, Keys = 70;
        QueryTiles tiles = QueryTiles.Raster(Queries, 16);
        var random = new Random(7);
        var offsets = new List<int> { 0 };
        var keys = new List<int>();
        int lists = patternBatch * patternHeads * tiles.TileCount;
        for (int list = 0; list < lists; list++)
        {
            keys.AddRange(Enumerable.Range(0, Keys).Where(_ => list != 1 && random.NextDouble() < 0.2));
            offsets.Add(keys.Count);
        }

        SparsePattern pattern = SparsePattern.Create(
            tiles, KeyLists.Create(Keys, [.. offsets], [.. keys]), [.. Enumerable.Range(0, lists)], patternHeads, patternBatch);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 7, 2, 3, pattern, 64);

        Near(AttentionInTorch.Reference(q, k, v, pattern).Output, SparseAttention.Apply(q, k, v, pattern), Tolerance(ScalarType.Float32), "seed 7");
    }

    [Fact]
    public void Threads_are_as_many_as_torch_was_told()
    {
        SparsePattern pattern = SparsePattern.Dense(256, 64);
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 8, 2, 4, pattern, 64);
        int threads = get_num_threads();
        try
        {
            set_num_threads(1);
            Assert.Equal(0, Enumerable.Range(0, 20).Min(_ => HelpersOfACall()));
            set_num_threads(4);
            Assert.Equal(3, Enumerable.Range(0, 20).Min(_ => HelpersOfACall()));
        }
        finally
        {
            set_num_threads(threads);
        }

        // Work given to the pool beside the caller's own. Others use the pool too, so the least of many calls counts.
        long HelpersOfACall()
        {
            SpinWait.SpinUntil(() => ThreadPool.PendingWorkItemCount == 0, TimeSpan.FromSeconds(1));
            Thread.Sleep(2);
            long before = ThreadPool.CompletedWorkItemCount;
            SparseAttention.Apply(q, k, v, pattern).Dispose();
            SpinWait.SpinUntil(() => ThreadPool.CompletedWorkItemCount >= before + get_num_threads() - 1, TimeSpan.FromSeconds(1));
            return ThreadPool.CompletedWorkItemCount - before;
        }
    }

    [Fact]
    public void Results_obey_dispose_scopes()
    {
        SparsePattern pattern = Local();
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 9, 1, 2, pattern, 8);
        Tensor transposed = q.transpose(1, 2).contiguous().transpose(1, 2);
        Tensor kept, lost, sums;
        using (NewDisposeScope())
        {
            kept = SparseAttention.Apply(transposed, k, v, pattern).MoveToOuterDisposeScope();
            (lost, sums) = SparseAttention.ApplyWithLogSumExp(q, k, v, pattern);
        }

        Assert.True(lost.IsInvalid && sums.IsInvalid, "results outlived their scope");
        Near(AttentionInTorch.Reference(q, k, v, pattern).Output, kept, Tolerance(ScalarType.Float32), "seed 9");
    }

    [Fact]
    public void Nothing_leaks()
    {
        SparsePattern pattern = Local();
        (Tensor q, Tensor k, Tensor v) = AttentionInTorch.Random(seed: 10, 1, 2, pattern, 8);
        Tensor transposed = q.transpose(1, 2).contiguous().transpose(1, 2);
        TensorLeaks.AssertNone(() =>
        {
            SparseAttention.Apply(q, k, v, pattern).Dispose();
            (Tensor output, Tensor logSumExp) = SparseAttention.ApplyWithLogSumExp(transposed, k, v, pattern);
            output.Dispose();
            logSumExp.Dispose();
        });
    }

    private static SparsePattern Local() => CrossScaleLocal.Create(
        ScaleSchedule.FromSides(1, 2, 4, 6, 8, 12), queryScale: 5, new() { SinkScales = 2 });

    private static double Tolerance(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => Tolerances.Relative<float>(),
        ScalarType.Float16 => Tolerances.Relative<Half>(),
        _ => Tolerances.Relative<BFloat16>(),
    };

    private static void Near(Tensor expected, Tensor actual, double tolerance, string what)
    {
        double error = AttentionInTorch.RelativeError(actual, expected);
        Assert.True(error <= tolerance, $"{what}: relative error {error:E2}, allowed {tolerance:E2}");
    }
}
