using TorchSharp;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>Bad input through the public face: one line that names the argument, and no tensor left behind.</summary>
public sealed class SparseAttentionErrorTests : IDisposable
{
    private static readonly SparsePattern Pattern = SparsePattern.Dense(4, 6);

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_wrong_rank()
    {
        Fails("q", "got 3 dimensions [2, 4, 8], expected 4: [batch, heads, tokens, head dimension].", q: zeros(2, 4, 8));
        Fails("v", "got 5 dimensions [1, 1, 2, 6, 8], expected 4: [batch, heads, tokens, head dimension].", v: zeros([1, 1, 2, 6, 8]));
    }

    [Fact]
    public void Shapes_that_disagree()
    {
        Fails("k", "got [2, 2, 6, 8], expected [1, 2, keys, 8] as q is [1, 2, 4, 8].", k: zeros(2, 2, 6, 8));
        Fails("k", "got [1, 2, 6, 16], expected [1, 2, keys, 8] as q is [1, 2, 4, 8].", k: zeros(1, 2, 6, 16));
        Fails("v", "got [1, 2, 5, 8], expected [1, 2, 6, 8] as k is.", v: zeros(1, 2, 5, 8));
    }

    [Fact]
    public void Dtypes_that_disagree_or_are_not_known()
    {
        Fails("k", "got BFloat16, expected Float32 as q is.", k: zeros([1, 2, 6, 8], dtype: ScalarType.BFloat16));
        Fails("v", "got Float16, expected Float32 as k is.", v: zeros([1, 2, 6, 8], dtype: ScalarType.Float16));
        Fails("q", "got Float64, expected Float32, Float16 or BFloat16.", q: zeros([1, 2, 4, 8], dtype: ScalarType.Float64));
    }

    [Fact]
    public void Lengths_that_are_not_the_patterns()
    {
        Fails("q", "has 5 tokens, expected 4, the pattern's queries.", q: zeros(1, 2, 5, 8));
        Fails("k", "has 7 tokens, expected 6, the pattern's keys.", k: zeros(1, 2, 7, 8), v: zeros(1, 2, 7, 8));
    }

    [Fact]
    public void Lists_for_other_heads()
    {
        QueryTiles tiles = QueryTiles.Raster(4, 4);
        Fails(
            "pattern", "has lists for 3 heads, expected 2 or 1.",
            pattern: SparsePattern.Create(tiles, KeyLists.Create(6, [0, 1], [0]), [0, 0, 0], headCount: 3));
        Fails(
            "pattern", "has lists for 2 batch entries, expected 1 or 1.",
            pattern: SparsePattern.Create(tiles, KeyLists.Create(6, [0, 1], [0]), [0, 0], batchCount: 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_size_of_zero(int dimension)
    {
        long[] shape = [1, 2, 4, 8];
        shape[dimension] = 0;
        Fails("q", $"got size 0 of dimension {dimension} in [{string.Join(", ", shape)}], expected 1 to 2147483647.", q: zeros(shape));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(264)]
    public void A_head_dimension_that_no_kernel_takes(int dimension) => Fails(
        "q", $"head dimension is {dimension}, expected a multiple of 8 up to 256.",
        zeros(1, 2, 4, dimension), zeros(1, 2, 6, dimension), zeros(1, 2, 6, dimension));

    [Fact]
    public void A_last_dimension_with_gaps() =>
        Fails("k", "got stride 6 in the last dimension, expected 1: make it contiguous().", k: zeros(1, 2, 8, 6).transpose(2, 3));

    [Fact]
    public void A_tensor_that_requires_a_gradient()
    {
        Tensor parameter = zeros(1, 2, 4, 8).requires_grad_();
        Fails("q", "got a tensor that requires a gradient, expected inference: detach() it or call under torch.no_grad().", q: parameter);

        using (no_grad())
            Assert.False(SparseAttention.Apply(parameter, zeros(1, 2, 6, 8), zeros(1, 2, 6, 8), Pattern).requires_grad);
    }

    [Fact]
    public void A_scale_that_is_no_number() => Fails("scale", "got NaN, expected a finite number of float32.", scale: double.NaN);

    [Fact]
    public void What_is_missing_is_named()
    {
        Tensor q = zeros(1, 2, 4, 8), k = zeros(1, 2, 6, 8);
        TensorLeaks.AssertNone(() =>
        {
            Assert.Equal("pattern", Assert.Throws<ArgumentNullException>(() => SparseAttention.Apply(q, k, k, null!)).ParamName);
            Assert.Equal("q", Assert.Throws<ArgumentNullException>(() => SparseAttention.Apply(null!, k, k, Pattern)).ParamName);
            Assert.Equal("k", Assert.Throws<ArgumentNullException>(() => SparseAttention.Apply(q, null!, k, Pattern)).ParamName);
            Assert.Equal("v", Assert.Throws<ArgumentNullException>(() => SparseAttention.ApplyWithLogSumExp(q, k, null!, Pattern)).ParamName);
        });
    }

    private static void Fails(
        string name, string message, Tensor? q = null, Tensor? k = null, Tensor? v = null, SparsePattern? pattern = null, double? scale = null)
    {
        q ??= zeros(1, 2, 4, 8);
        k ??= zeros(1, 2, 6, 8);
        v ??= zeros(1, 2, 6, 8);
        pattern ??= Pattern;
        TensorLeaks.AssertNone(() =>
        {
            ArgumentException one = Assert.Throws<ArgumentException>(() => SparseAttention.Apply(q, k, v, pattern, scale));
            ArgumentException both = Assert.Throws<ArgumentException>(() => SparseAttention.ApplyWithLogSumExp(q, k, v, pattern, scale));
            Assert.Equal($"{name}: {message} (Parameter '{name}')", one.Message);
            Assert.Equal(one.Message, both.Message);
        });
    }
}
