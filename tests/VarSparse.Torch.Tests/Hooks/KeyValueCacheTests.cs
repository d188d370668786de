using TorchSharp;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Hooks;

public sealed class KeyValueCacheTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void It_holds_what_was_added_in_order_by_layer()
    {
        using var cache = new KeyValueCache(layers: 2, rows: 2, heads: 3, capacity: 10, headDimension: 4, ScalarType.BFloat16);
        Tensor[] k = [Random(1), Random(4), Random(5)], v = [Random(1), Random(4), Random(5)];
        cache.Append(0, k[0], v[0]);
        cache.Append(1, v[0], k[0]);
        cache.Append(0, k[1], v[1]);

        (Tensor keys, Tensor values) = cache.Append(0, k[2], v[2]);

        Bits.AssertEqual(cat(k, 2), keys);
        Bits.AssertEqual(cat(v, 2), values);
        Assert.Equal((10, 1), (cache.Length(0), cache.Length(1)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 0)]
    [InlineData(1, 1)]
    public void Keys_and_values_may_be_parts_of_one_tensor_in_any_order(int keyPart, int valuePart)
    {
        using var cache = new KeyValueCache(layers: 1, rows: 4, heads: 3, capacity: 7, headDimension: 8, ScalarType.BFloat16);
        Tensor[] scales = [Projected(4, 1), Projected(4, 2), Projected(2, 3)];
        cache.Append(0, Part(scales[0], keyPart), Part(scales[0], valuePart));
        cache.Append(0, Part(scales[1], keyPart), Part(scales[1], valuePart));
        cache.DropUnconditional();
        (Tensor keys, Tensor values) = cache.Append(0, Part(scales[2], keyPart), Part(scales[2], valuePart));

        Bits.AssertEqual(cat([.. scales.Select(scale => Part(scale, keyPart).narrow(0, 0, 2))], 2), keys);
        Bits.AssertEqual(cat([.. scales.Select(scale => Part(scale, valuePart).narrow(0, 0, 2))], 2), values);

        static Tensor Projected(int rows, int tokens) => randn([rows, tokens, 3, 3, 8], dtype: ScalarType.BFloat16);
        static Tensor Part(Tensor projected, int part) => projected.select(2, part).transpose(1, 2);
    }

    [Fact]
    public void Dropping_the_unconditional_branch_keeps_the_first_half_in_place()
    {
        using var cache = new KeyValueCache(1, 4, 1, 3, 8);
        Tensor k = randn(4, 1, 1, 8), later = randn(2, 1, 2, 8);
        (Tensor before, _) = cache.Append(0, k, k);
        cache.DropUnconditional();
        cache.DropUnconditional();

        (Tensor keys, _) = cache.Append(0, later, later);

        Assert.Equal(2, cache.Rows);
        Bits.AssertEqual(cat([k.narrow(0, 0, 2), later], 2), keys);
        before.fill_(7);
        Assert.Equal(7, keys[0, 0, 0, 0].item<float>());
        cache.Clear();
        Assert.Equal((4, 0), (cache.Rows, cache.Length(0)));
        cache.Append(0, k, k);
    }

    [Fact]
    public void It_survives_the_scope_it_was_made_in_and_leaks_nothing()
    {
        TensorLeaks.AssertNone(() =>
        {
            KeyValueCache cache;
            using (NewDisposeScope())
            {
                cache = new KeyValueCache(2, 1, 1, 4, 8);
            }

            using (NewDisposeScope())
            {
                (Tensor keys, _) = cache.Append(1, ones(1, 1, 2, 8), ones(1, 1, 2, 8));
                Assert.Equal(16, keys.sum().item<float>());
            }

            cache.Dispose();
        });
    }

    [Fact]
    public void What_does_not_fit_is_said_in_one_line()
    {
        var cache = new KeyValueCache(1, 3, 1, 3, 8);
        Tensor x = zeros(3, 1, 2, 8);
        Fails("key: got [2, 1, 2, 8], expected [3, 1, tokens, 8].", () => cache.Append(0, zeros(2, 1, 2, 8), x));
        Fails("value: got 1 tokens, expected 2 as key has.", () => cache.Append(0, x, zeros(3, 1, 1, 8)));
        Fails("value: got Float64 on cpu, expected Float32 on cpu.", () => cache.Append(0, x, x.to(ScalarType.Float64)));
        Fails("layer: got 1, expected 0 to 0.", () => cache.Append(1, x, x));
        cache.Append(0, x, x);
        Fails("key: got 2 tokens after 2 at layer 0, expected at most 3 in all.", () => cache.Append(0, x, x));
        Fails("capacity: got 0, expected at least 1.", () => _ = new KeyValueCache(1, 1, 1, 0, 8));
        Fails("DropUnconditional: the cache has 3 batch entries, expected an even number.", cache.DropUnconditional);
        cache.Dispose();
        Fails("cache: it has been disposed.", () => cache.Append(0, x, x));
    }

    private static void Fails(string message, Action action)
    {
        Exception error = Assert.ThrowsAny<Exception>(action);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static Tensor Random(int tokens) => randn([2, 3, tokens, 4], dtype: ScalarType.BFloat16);
}
