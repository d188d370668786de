using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Documentation;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed class PackageReadmeTests
{
    [Fact]
    public void It_computes_attention_on_spans()
    {
        SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Infinity(), queryScale: 12);
        AttentionLayout queries = AttentionLayout.HeadsFirst(batch: 1, heads: 2, pattern.QueryCount, headDimension: 64);
        AttentionLayout keys = AttentionLayout.HeadsFirst(1, 2, pattern.KeyCount, 64);
        float[] q = new float[queries.Extent], k = new float[keys.Extent], v = new float[keys.Extent], output = new float[queries.Extent];
        CpuAttention.Shared.Run<float>(new(q, queries), new(k, keys), new(v, keys), pattern, new(output, queries));
        Console.WriteLine($"{pattern.Density:P2} of the pairs\n{pattern.ToText()}");

        Array.Fill(v, 1);
        CpuAttention.Shared.Run<float>(new(q, queries), new(k, keys), new(v, keys), pattern, new(output, queries));
        Assert.All(output, value => Assert.Equal(1, value, tolerance: 1e-5f));
    }
}
