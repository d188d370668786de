using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Tests;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

public sealed class ReadmeExampleTests
{
    [Fact]
    public void It_computes_attention_over_the_pattern()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);

        ScaleSchedule schedule = ScaleSchedule.Infinity();
        SparsePattern pattern = CrossScaleLocal.Create(schedule, queryScale: 12);
        Tensor q = randn(1, 2, 4096, 64); // the 64x64 queries of the last scale, [B, H, Lq, D]
        Tensor k = randn(1, 2, 10521, 64), v = randn(1, 2, 10521, 64); // all scales up to it, [B, H, Lk, D]
        Tensor output = SparseAttention.Apply(q, k, v, pattern);

        Assert.Equal(q.shape, output.shape);
        bool[,] mask = pattern.ToDenseMask();
        foreach (int query in new[] { 0, 2345, 4095 })
        {
            Tensor visible = tensor(Enumerable.Range(0, pattern.KeyCount).Where(key => mask[query, key]).Select(key => (long)key).ToArray());
            Tensor expected = nn.functional.scaled_dot_product_attention(
                q.narrow(2, query, 1), k.index_select(2, visible), v.index_select(2, visible));
            Assert.True(allclose(expected, output.narrow(2, query, 1), rtol: 1e-4, atol: 1e-5), $"query {query} differs");
        }
    }

    [Fact]
    public void It_is_the_code_of_the_readme() => MarkdownCode.IsCompiledIn("README.md", "tests/VarSparse.Torch.Tests", blocks: 1);
}
