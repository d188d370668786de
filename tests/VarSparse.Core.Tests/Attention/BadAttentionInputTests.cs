using VarSparse.Attention;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public unsafe class BadAttentionInputTests
{
    // 2 batch entries, 3 heads, 4 queries, 5 keys, head dimension 8.
    private static readonly SparsePattern Pattern = SparsePattern.Dense(4, 5);
    private static readonly AttentionLayout Q = AttentionLayout.HeadsFirst(2, 3, 4, 8);
    private static readonly AttentionLayout K = AttentionLayout.HeadsFirst(2, 3, 5, 8);

    [Fact]
    public void Sizes_that_do_not_fit_are_rejected_in_one_line()
    {
        Reject("q", Q with { Batch = 0 }, K, K, Q, Pattern, "[0, 3, 4, 8]", "sizes of at least 1");
        Reject("k", Q, K with { Heads = -1 }, K, Q, Pattern, "[2, -1, 5, 8]", "sizes of at least 1");
        Reject("v", Q, K, K with { Tokens = 0 }, Q, Pattern, "[2, 3, 0, 8]", "sizes of at least 1");
        Reject("q", Q with { HeadDimension = 0 }, K, K, Q, Pattern, "sizes of at least 1");
        Reject("q", default, K, K, Q, Pattern, "[0, 0, 0, 0]", "sizes of at least 1");
        Reject("q", Q with { HeadDimension = 4 }, K, K, Q, Pattern, "is 4", "multiple of 8 up to 256");
        Reject("q", Q with { HeadDimension = 264 }, K, K, Q, Pattern, "is 264", "multiple of 8 up to 256");
        Reject("k", Q, AttentionLayout.HeadsFirst(2, 2, 5, 8), K, Q, Pattern, "2 batch entries, 2 heads and head dimension 8", "expected 2, 3 and 8");
        Reject("k", Q, AttentionLayout.HeadsFirst(1, 3, 5, 8), K, Q, Pattern, "1 batch entries", "expected 2, 3 and 8");
        Reject("v", Q, K, AttentionLayout.HeadsFirst(2, 3, 5, 16), Q, Pattern, "head dimension 16", "expected 2, 3 and 8");
        Reject("v", Q, K, AttentionLayout.HeadsFirst(2, 3, 6, 8), Q, Pattern, "has 6 tokens", "expected 5");
        Reject("q", Q, K, K, Q, SparsePattern.Dense(9, 5), "has 4 tokens", "expected 9");
        Reject("k", Q, K, K, Q, SparsePattern.Dense(4, 6), "has 5 tokens", "expected 6");
        Reject("output", Q, K, K, AttentionLayout.HeadsFirst(2, 3, 5, 8), Pattern, "[2, 3, 5, 8]", "expected the sizes of q");
        Reject("output", Q, K, K, Q with { Tokens = 0 }, Pattern, "sizes of at least 1");
        Reject("pattern", Q, K, K, Q, Lists(heads: 2, batch: 1), "2 heads", "expected 3 or 1");
        Reject("pattern", Q, K, K, Q, Lists(heads: 1, batch: 3), "3 batch entries", "expected 2 or 1");
    }

    [Fact]
    public void Strides_that_do_not_fit_are_rejected_in_one_line()
    {
        Reject("q", Q with { TokenStride = -8 }, K, K, Q, Pattern, "strides (96, 32, -8, 1)", "at least 0");
        Reject("k", Q, K with { BatchStride = -1 }, K, Q, Pattern, "at least 0");
        Reject("v", Q, K, K with { HeadStride = long.MinValue }, Q, Pattern, "at least 0");
        foreach (AttentionLayout overlapping in new[]
        {
            Q with { TokenStride = 7 },
            Q with { HeadStride = 0 },
            Q with { BatchStride = 95 },
            Q with { HeadStride = 8 },
            Q with { BatchStride = 8, HeadStride = 16, TokenStride = 40 },
        })
        {
            Reject("output", Q, K, K, overlapping, Pattern, "expected strides that keep its elements apart");
        }
    }

    [Fact]
    public void Strides_of_axes_with_one_entry_are_of_no_account()
    {
        var one = new AttentionLayout(1, 1, 4, 8, 0, 3, 8);
        using var attention = new CpuAttention(1);
        float[] data = [.. Enumerable.Repeat(1f, 40)];
        var output = new float[32];
        attention.Run<float>(new(data, one), new(data, one with { Tokens = 5 }), new(data, one with { Tokens = 5 }), Pattern, new(output, one));
        Assert.All(output, element => Assert.Equal(1, element, 1e-6f));
    }

    [Fact]
    public void Data_too_short_for_its_layout_is_rejected_in_one_line()
    {
        BadInput.Rejected("data", () => _ = new AttentionInput<float>(new float[191], Q), "got 191 elements", "at least 192");
        BadInput.Rejected("data", () => _ = new AttentionOutput<Half>(new Half[191], Q), "got 191 elements", "at least 192");
        BadInput.Rejected("data", () => _ = new AttentionInput<float>([], Q), "got 0 elements", "at least 192");

        // Strides whose sum wraps around in 64 bits must not pass for a small tensor.
        BadInput.Rejected("data", () => _ = new AttentionInput<float>(new float[64], Q with { Batch = 3, BatchStride = long.MaxValue }), "9223372036854775807");
        BadInput.Rejected("data", () => _ = new AttentionOutput<float>(new float[64], Q with { Batch = 3, BatchStride = long.MaxValue }), "9223372036854775807");
        Assert.Equal("data", Assert.Throws<ArgumentNullException>(() => _ = new AttentionInput<float>((float*)null, Q)).ParamName);
        Assert.Equal("data", Assert.Throws<ArgumentNullException>(() => _ = new AttentionOutput<float>((float*)null, Q)).ParamName);
    }

    [Fact]
    public void Other_arguments_are_rejected_in_one_line()
    {
        BadInput.Rejected("scale", () => Run<float>(Q, K, K, Q, Pattern, scale: double.NaN), "got NaN", "finite");
        BadInput.Rejected("scale", () => Run<float>(Q, K, K, Q, Pattern, scale: double.NegativeInfinity), "got -Infinity", "finite");
        BadInput.Rejected("scale", () => Run<float>(Q, K, K, Q, Pattern, scale: 1e300), "got 1E+300", "finite");
        BadInput.Rejected("logSumExp", () => Run<float>(Q, K, K, Q, Pattern, sums: 23), "got 23 entries", "expected 24");
        BadInput.Rejected("q", () => Run<double>(Q, K, K, Q, Pattern), "element type is Double", "expected Single, Half or BFloat16");
        BadInput.Rejected("threads", () => new CpuAttention(-1).Dispose(), "got -1", "at least 1");
        Assert.Throws<ArgumentNullException>(() => Run<float>(Q, K, K, Q, null!));
    }

    private static SparsePattern Lists(int heads, int batch) =>
        SparsePattern.Create(QueryTiles.Raster(4, 4), KeyLists.Create(5, [0, 1], [0]), new int[heads * batch], heads, batch);

    private static void Reject(
        string name, AttentionLayout q, AttentionLayout k, AttentionLayout v, AttentionLayout output, SparsePattern pattern, params string[] pieces) =>
        BadInput.Rejected(name, () => Run<float>(q, k, v, output, pattern), pieces);

    private static void Run<T>(
        AttentionLayout q, AttentionLayout k, AttentionLayout v, AttentionLayout output, SparsePattern pattern, double? scale = null, int sums = 0)
        where T : unmanaged
    {
        using var attention = new CpuAttention(1);
        var data = new T[2000];
        attention.Run<T>(new(data, q), new(data, k), new(data, v), pattern, new(new T[2000], output), scale, new float[sums]);
    }
}
