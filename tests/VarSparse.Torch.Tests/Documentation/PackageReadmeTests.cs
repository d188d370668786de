using TorchSharp.Modules;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Tests;
using VarSparse.Torch;
using VarSparse.Torch.History;
using static TorchSharp.torch;

// Not below VarSparse.Torch, whose names would be known without the using directives that the page has.
namespace VarSparse.Documentation.Tests;

/// <summary>The code of the package's README, compiled and run.</summary>
public sealed class PackageReadmeTests
{
    [Fact]
    public void It_computes_attention_and_the_log_sum_exp()
    {
        using var scope = NewDisposeScope();
        SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Infinity(), queryScale: 12); // once, for all layers
        Tensor q = randn(1, 2, pattern.QueryCount, 64), k = randn(1, 2, pattern.KeyCount, 64), v = randn_like(k); // [B, H, L, D]
        Tensor output = SparseAttention.Apply(q, k, v, pattern);
        (Tensor partial, Tensor logSumExp) = SparseAttention.ApplyWithLogSumExp(q, k, v, pattern, scale: 1);

        Assert.Equal(q.shape, output.shape);
        Assert.Equal(q.shape, partial.shape);
        Assert.Equal(q.shape[..3], logSumExp.shape);
    }

    [Fact]
    public void A_block_normalises_and_adds()
    {
        using var scope = NewDisposeScope();
        Tensor x = randn(2, 5, 64), before = x.clone();
        Tensor[] parts = randn(2, 1, 6, 64).unbind(2);
        (Tensor scale1, Tensor shift1, Tensor gate1, Tensor scale2, Tensor shift2, Tensor gate2) = (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);

        Tensor input = AdaptiveLayerNorm.Apply(x, scale1, shift1);           // x [B, n, C], scale, shift and gate [B, 1, C]
        Tensor attended = Attend(input);
        input = AdaptiveLayerNorm.AddGatedAndApply(x, attended, gate1, scale2, shift2); // x += attended * gate1, in place
        AdaptiveLayerNorm.AddGated(x, FeedForward(input), gate2);

        Tensor Normalised(Tensor tensor, Tensor scale, Tensor shift) => nn.functional.layer_norm(tensor, [64], eps: 1e-6) * (1 + scale) + shift;
        Tensor middle = before + Attend(Normalised(before, scale1, shift1)) * gate1;
        Assert.True(allclose(middle + FeedForward(Normalised(middle, scale2, shift2)) * gate2, x, 1e-4, 1e-5));

        static Tensor Attend(Tensor tensor) => tensor.flip(1);
        static Tensor FeedForward(Tensor tensor) => tensor.relu();
    }

    [Fact]
    public void Layers_read_all_earlier_layers()
    {
        using var scope = NewDisposeScope();
        using ModuleList<Linear> layers = nn.ModuleList(nn.Linear(64, 64), nn.Linear(64, 64));
        Tensor embedding = randn(2, 5, 64);

        HistoryAccumulation accumulation = new(sources: layers.Count + 1, width: 64, new() { SummaryWidth = 16 }); // a module: train it too
        using LayerHistory history = accumulation.Begin(); // one forward pass
        history.Append(embedding);                         // [..., 64], with a mask [...] where tokens are missing
        foreach (var layer in layers)
            history.Append(layer.call(history.Gather()));  // the layer's output, without the residual
        Tensor output = history.Gather();

        Assert.Equal(embedding.shape, output.shape);
        accumulation.Dispose();
    }

    [Fact]
    public void It_is_the_code_of_the_readme() =>
        MarkdownCode.IsCompiledIn("src/VarSparse.Torch/README.md", "tests/VarSparse.Torch.Tests/Documentation", blocks: 3);
}
