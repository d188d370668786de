using TorchSharp;
using VarSparse.Core.Tests.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

public sealed class KeySummariesTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Attention_over_summaries_and_tokens_equals_the_definition()
    {
        for (int seed = 0; seed < 25; seed++)
        {
            using DisposeScope ofCase = NewDisposeScope();
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            (Tensor q, Tensor k, Tensor v) = RandomInput(seed, plan, batch: 2, heads: 2);

            (Tensor keys, Tensor values) = KeySummaries.Prepend(k, v, plan);
            Tensor actual = SparseAttention.Apply(q, keys, values, plan.Pattern, 0.4);

            IReadOnlyList<float> bias = item.Bias.Length == 0 ? new float[item.Tokens.Length] : item.Bias;
            Tensor expected = SlowFarField.Attend(q, k, v, item.Schedule, item.QueryScale, item.Options, item.Queries, item.Tokens, bias, 0.4);
            double error = AttentionInTorch.RelativeError(actual, expected);
            Assert.True(error <= Tolerances.Relative<float>(), $"seed {seed}, {item}: error {error}");
            (Tensor meanKeys, Tensor meanValues) = KeySummaries.Pool(k, v, plan);
            Bits.AssertEqual(keys.narrow(2, 0, plan.SummaryCount), meanKeys, $"seed {seed}: mean keys");
            Bits.AssertEqual(values.narrow(2, 0, plan.SummaryCount), meanValues, $"seed {seed}: mean values");
        }
    }

    [Fact]
    public void Blocks_of_one_token_give_dense_attention()
    {
        var schedule = new ScaleSchedule(new(2, 3), new(5, 4), new(7, 9));
        FarFieldPlan plan = FarField.Create(schedule, 2, new() { SinkScales = 0, BlockSides = [1, 1, 1], CoarserBeyond = [], Windows = [-1, 1, 3] });
        (Tensor q, Tensor k, Tensor v) = RandomInput(1, plan, batch: 1, heads: 3);
        AssertDense(q, k, v, plan);
    }

    [Fact]
    public void Blocks_of_equal_keys_and_values_give_dense_attention()
    {
        var schedule = new ScaleSchedule(new(2, 3), new(5, 4), new(7, 9));
        FarFieldPlan plan = FarField.Create(schedule, 2, new() { SinkScales = 1, BlockSides = [1, 2, 4], Windows = [-1, -1, 1] });
        (Tensor q, Tensor k, Tensor v) = RandomInput(2, plan, batch: 1, heads: 3);
        for (int block = 0; block < plan.SummaryCount; block++)
        {
            foreach (int member in plan.Members(block))
            {
                k.narrow(2, member, 1).copy_(k.narrow(2, plan.Members(block)[0], 1));
                v.narrow(2, member, 1).copy_(v.narrow(2, plan.Members(block)[0], 1));
            }
        }

        AssertDense(q, k, v, plan);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Summaries_have_the_dtype_of_the_keys_and_any_strides(ScalarType dtype)
    {
        FarFieldPlan plan = FarField.Create(ScaleSchedule.FromSides(1, 4, 7), 2, new() { SinkScales = 1, BlockSides = [1, 2, 3] });
        manual_seed(3);
        Tensor k = randn(2, 66, 3, 16).to(dtype).transpose(1, 2), v = randn(2, 66, 3, 16).to(dtype).transpose(1, 2);

        (Tensor keys, Tensor values) = KeySummaries.Pool(k, v, plan);

        Assert.Equal((dtype, dtype), (keys.dtype, values.dtype));
        Bits.AssertEqual(Means(k, plan).to(dtype), keys, $"{dtype} keys");
        Bits.AssertEqual(Means(v, plan).to(dtype), values, $"{dtype} values");
    }

    [Fact]
    public void Nothing_leaks() => TensorLeaks.AssertNone(() =>
    {
        FarFieldPlan plan = FarField.Create(ScaleSchedule.FromSides(1, 4), 1, new() { SinkScales = 0 }, tokens: [0, 3, 4]);
        using Tensor k = randn(1, 1, 3, 8);
        (Tensor keys, Tensor values) = KeySummaries.Prepend(k, k, plan);
        keys.Dispose();
        values.Dispose();
    });

    [Fact]
    public void What_does_not_fit_is_said_in_one_line()
    {
        FarFieldPlan plan = FarField.Create(ScaleSchedule.FromSides(1, 2), 1, new() { SinkScales = 0 });
        Tensor k = zeros(1, 2, 5, 8);
        Fails("k: got 4 tokens, expected 5, the plan's.", zeros(1, 2, 4, 8), zeros(1, 2, 4, 8));
        Fails("k: got head dimension 12, expected a multiple of 8 up to 256.", zeros(1, 2, 5, 12), zeros(1, 2, 5, 12));
        Fails("v: got [1, 2, 6, 8], expected [1, 2, 5, 8] as k is.", k, zeros(1, 2, 6, 8));
        Fails("v: got Float16, expected Float32 as k is.", k, k.to(ScalarType.Float16));
        Fails("k: got Float64, expected Float32, Float16 or BFloat16.", k.to(ScalarType.Float64), k);

        void Fails(string message, Tensor keys, Tensor values)
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => KeySummaries.Pool(keys, values, plan));
            Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cuda_gives_what_the_cpu_gives()
    {
        Assert.SkipUnless(cuda.is_available(), "needs an NVIDIA GPU and a libtorch with CUDA");
        for (int seed = 0; seed < 25; seed++)
        {
            FarFieldCase item = new(new Random(seed));
            FarFieldPlan plan = item.Create();
            (_, Tensor k, Tensor v) = RandomInput(seed, plan, batch: 2, heads: 2);
            (Tensor keys, Tensor values) = KeySummaries.Prepend(k, v, plan);
            (Tensor deviceKeys, Tensor deviceValues) = KeySummaries.Prepend(k.cuda(), v.cuda(), plan);
            Assert.True(allclose(keys, deviceKeys.cpu(), 1e-5, 1e-6), $"seed {seed}, {item}: keys");
            Assert.True(allclose(values, deviceValues.cpu(), 1e-5, 1e-6), $"seed {seed}, {item}: values");
        }
    }

    private static (Tensor Q, Tensor K, Tensor V) RandomInput(long seed, FarFieldPlan plan, int batch, int heads)
    {
        manual_seed(seed);
        return (randn(batch, heads, plan.Pattern.QueryCount, 16), randn(batch, heads, plan.TokenCount, 16), randn(batch, heads, plan.TokenCount, 16));
    }

    private static void AssertDense(Tensor q, Tensor k, Tensor v, FarFieldPlan plan)
    {
        (Tensor keys, Tensor values) = KeySummaries.Prepend(k, v, plan);
        Tensor actual = SparseAttention.Apply(q, keys, values, plan.Pattern);
        (Tensor expected, _) = AttentionInTorch.Reference(q, k, v, SparsePattern.Dense((int)q.size(2), (int)k.size(2)));
        Assert.InRange(AttentionInTorch.RelativeError(actual, expected), 0, Tolerances.Relative<float>());
    }

    /// <summary>Sums in float32 in the order of the members.</summary>
    private static Tensor Means(Tensor rows, FarFieldPlan plan)
    {
        var means = new Tensor[plan.SummaryCount];
        for (int block = 0; block < means.Length; block++)
        {
            means[block] = zeros(rows.size(0), rows.size(1), 1, rows.size(3));
            foreach (int member in plan.Members(block))
                means[block] += rows.narrow(2, member, 1).to(ScalarType.Float32);
            means[block] /= plan.Members(block).Length;
        }

        return cat(means, 2);
    }
}
