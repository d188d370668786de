using TorchSharp;
using VarSparse.Core.Tests.Attention;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Numbers;

/// <summary>
/// Numbers at the edges give what torch's dense attention gives. What is documented to differ: a query whose logits are all minus
/// infinity gives zeros, where torch gives no number; and a value reaches no query that gives it a weight of zero, where torch
/// multiplies infinity by zero.
/// </summary>
public sealed class OddNumbersInTorch : IDisposable
{
    private const int Queries = 21, Keys = 83, Dimension = 16;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData("nan q")]
    [InlineData("nan k")]
    [InlineData("nan v")]
    [InlineData("inf q")]
    [InlineData("inf k")]
    [InlineData("inf v")]
    [InlineData("-inf k")]
    [InlineData("-inf v")]
    [InlineData("denormal q")]
    [InlineData("denormal v")]
    [InlineData("all equal")]
    [InlineData("huge")]
    [InlineData("huge negative")]
    public void Edges_are_those_of_dense_attention(string kind)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            (Tensor q, Tensor k, Tensor v) = Inputs(kind, seed);
            Tensor dense = nn.functional.scaled_dot_product_attention(q, k, v);
            Tensor actual = SparseAttention.Apply(q, k, v, SparsePattern.Dense(Queries, Keys));

            // Rows of nothing but minus infinity are zeros here.
            Tensor blind = matmul(q, k.transpose(2, 3)).isneginf().all(-1, keepdim: true);
            Alike(dense.masked_fill(blind, 0), actual, kind == "huge" || kind == "huge negative" ? 5e-3 : 1e-5, $"{kind}, seed {seed}");
        }
    }

    [Fact]
    public void Queries_that_see_nothing_give_zeros_where_torch_gives_no_number()
    {
        manual_seed(1);
        var mask = new bool[Queries, Keys];
        for (int key = 0; key < Keys; key++)
            mask[3, key] = true;
        Tensor q = randn(1, 2, Queries, Dimension), k = randn(1, 2, Keys, Dimension), v = randn(1, 2, Keys, Dimension);
        (Tensor output, Tensor sums) = SparseAttention.ApplyWithLogSumExp(q, k, v, SparsePattern.FromDenseMask(mask, QueryTiles.Raster(Queries, 7)));
        Tensor dense = nn.functional.scaled_dot_product_attention(q, k, v, tensor(mask));
        Alike(dense[.., .., 3..4], output[.., .., 3..4], 1e-5, "the query that sees all");
        Assert.Equal(0, output[.., .., ..3].abs().sum().item<float>());
        Assert.Equal(0, output[.., .., 4..].abs().sum().item<float>());
        Assert.Equal(2 * (Queries - 1), sums.isneginf().sum().item<long>());
    }

    [Fact]
    public void A_value_without_weight_does_not_matter()
    {
        manual_seed(2);
        Tensor q = ones(1, 1, Queries, Dimension), k = zeros(1, 1, Keys, Dimension), v = randn(1, 1, Keys, Dimension);
        k[.., .., 5] = -1000;
        Tensor expected = SparseAttention.Apply(q, k, v, SparsePattern.Dense(Queries, Keys));
        v[.., .., 5] = float.PositiveInfinity;
        Alike(expected, SparseAttention.Apply(q, k, v, SparsePattern.Dense(Queries, Keys)), 1e-6, "infinity with a weight of zero");
    }

    [Fact]
    public void Averages_of_the_largest_values_stay_finite()
    {
        // Weights are at most one and there are 83: a sum before its division leaves float32, and torch's may become infinity.
        manual_seed(4);
        Tensor q = randn(1, 2, Queries, Dimension), k = randn(1, 2, Keys, Dimension), v = full([1, 2, Keys, Dimension], float.MaxValue / 4);
        Alike(full([1, 2, Queries, Dimension], float.MaxValue / 4), SparseAttention.Apply(q, k, v, SparsePattern.Dense(Queries, Keys)), 1e-5, "largest, seed 4");
    }

    [Fact]
    public void Threads_do_not_change_a_bit_of_any_of_it()
    {
        int before = get_num_threads();
        try
        {
            foreach (string kind in new[] { "nan k", "inf v", "denormal q", "huge", "all equal" })
            {
                foreach (ScalarType dtype in new[] { ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16 })
                {
                    (Tensor q, Tensor k, Tensor v) = Inputs(kind, seed: 3);
                    Tensor? expected = null;
                    foreach (int threads in new[] { 1, 2, 3, 8 })
                    {
                        set_num_threads(threads);
                        Tensor output = SparseAttention.Apply(q.to(dtype), k.to(dtype), v.to(dtype), SparsePattern.Dense(Queries, Keys));
                        byte[] bits = output.bytes.ToArray();
                        Assert.Equal((expected ??= output).bytes.ToArray(), bits);
                    }
                }
            }
        }
        finally
        {
            set_num_threads(before);
        }
    }

    private static (Tensor Q, Tensor K, Tensor V) Inputs(string kind, int seed)
    {
        manual_seed(seed);
        var random = new Random(seed);
        Tensor q = randn(2, 3, Queries, Dimension), k = randn(2, 3, Keys, Dimension), v = randn(2, 3, Keys, Dimension);
        string[] words = kind.Split(' ');
        Tensor target = words[^1] switch { "q" => q, "k" => k, _ => v };
        int token = random.Next((int)target.size(2)), column = random.Next(Dimension);
        switch (words[0])
        {
            case "nan": target[0, 1, token, column] = float.NaN; break;
            case "inf": target[0, 1, token, column] = float.PositiveInfinity; break;
            case "-inf": target[0, 1, token, column] = float.NegativeInfinity; break;
            case "denormal": target.mul_(1e-40f); break;
            case "all": q.fill_(0.5f); k.fill_(-0.25f); break;
            default:
                // Logits of 1e4 a query's own factor apart from another.
                q.fill_(0);
                q[.., .., .., 0] = 100;
                k[.., .., .., 0].mul_(words.Length > 1 ? 1 : 0.01f).sub_(words.Length > 1 ? 400 : -400);
                break;
        }

        return (q, k, v);
    }

    private static void Alike(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(allclose(expected, actual, tolerance, tolerance * Tolerances.Element<float>() / 1e-5, equal_nan: true), $"{what}: differ by {(expected - actual).abs().nan_to_num().max().item<float>()}, NaN {expected.isnan().sum().item<long>()} and {actual.isnan().sum().item<long>()}");
    }
}
