using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Samples.QuickStart;

/// <summary>Runs one layer with TorchSharp's dense attention and with ours, and compares time and result.</summary>
internal static class Comparison
{
    public static Report Run(AttentionLayer layer, SparsePattern pattern, Settings settings)
    {
        set_num_threads(settings.Threads);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = no_grad();

        // TorchSharp's attention always divides q k^T by sqrt(D), so the layer's own scale goes into q, outside the timing.
        Tensor scaledQueries = layer.Queries * (AttentionLayer.Scale * Math.Sqrt(layer.HeadDimension));
        Tensor Dense() => nn.functional.scaled_dot_product_attention(scaledQueries, layer.Keys, layer.Values);
        Tensor Sparse() => SparseAttention.Apply(layer.Queries, layer.Keys, layer.Values, pattern, AttentionLayer.Scale);

        double denseMilliseconds = Timing.Median(() => Dense().Dispose());
        double sparseMilliseconds = Timing.Median(() => Sparse().Dispose());
        (double relativeError, double cosine) = Difference(Sparse(), Dense());
        return new Report
        {
            Device = Processor.Describe(settings.Threads),
            Geometry = $"Infinity 1.000 1M, {pattern.QueryCount} queries x {pattern.KeyCount} keys",
            QueryScale = settings.QueryScale,
            Heads = layer.Heads,
            HeadDimension = layer.HeadDimension,
            Density = pattern.Density,
            DenseMilliseconds = denseMilliseconds,
            SparseMilliseconds = sparseMilliseconds,
            Speedup = denseMilliseconds / sparseMilliseconds,
            RelativeError = relativeError,
            CosineSimilarity = cosine,
            PatternMilliseconds = Timing.Median(() => CrossScaleLocal.Create(AttentionLayer.Schedule, settings.QueryScale, settings.Pattern)),
        };
    }

    /// <summary>|actual - expected| / |expected| and the cosine of the angle between both, over all elements.</summary>
    private static (double RelativeError, double Cosine) Difference(Tensor actual, Tensor expected)
    {
        Tensor a = actual.to(ScalarType.Float64).flatten();
        Tensor e = expected.to(ScalarType.Float64).flatten();
        double Norm(Tensor x) => x.dot(x).sqrt().ToDouble();
        double bothNorms = Norm(a) * Norm(e);
        return (Norm(a - e) / Norm(e), bothNorms > 0 ? a.dot(e).ToDouble() / bothNorms : 0);
    }
}
