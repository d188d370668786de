using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks;
using VarSparse.Torch.Tests.Hooks.TinyModel;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

public sealed class ScaleSelfSimilarAttentionTests : IDisposable
{
    private const double Tolerance = 2e-5;
    private const double Fraction = 0.3;

    private static readonly ScaleSchedule Schedule = new(new(1, 1), new(2, 3), new(4, 5), new(5, 7), new(9, 12));
    private static readonly KeyMapOptions Options = new() { SinkScales = 1, Tile = new TileShape(2, 3) };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(KeyAlignment.Relative, null, ScalarType.Float32)]
    [InlineData(KeyAlignment.Identity, null, ScalarType.Float32)]
    [InlineData(KeyAlignment.Relative, 0.6, ScalarType.Float32)]
    [InlineData(KeyAlignment.Relative, null, ScalarType.BFloat16)]
    public void Equals_the_formulas_with_and_without_the_cache(KeyAlignment alignment, double? coverage, ScalarType dtype)
    {
        KeyMapOptions options = Options with { Alignment = alignment };
        foreach (bool cache in (bool[])[false, true])
        {
            var policy = new ScaleSelfSimilarAttention(options) { Fraction = Fraction, Coverage = coverage, ResidualCache = cache };
            Tensor[] outputs = Run(policy, dtype, seed: 5, out Tensor q, out Tensor k, out Tensor v, out VarReport report);

            // Written out in float64: full matrices, sums by tile, heaviest keys, mapping, softmax over the rest.
            Tensor[] expected = SlowSelfSimilar.Run(Schedule, 2, options, Fraction, coverage, cache, q, k, v);
            for (int scale = 0; scale < Schedule.Count; scale++)
            {
                double error = (outputs[scale].to(ScalarType.Float64) - expected[scale]).abs().max().ToDouble();
                Assert.True(error <= (dtype == ScalarType.Float32 ? Tolerance : 0.03), $"{alignment}, coverage {coverage}, cache {cache}, scale {scale}: error {error}");
            }

            Assert.Equal(["dense", "dense", "cs4a", "cs4a", "cs4a"], report.Scales.Select(scale => scale.Attention.Single().Kind));

            // At the decision scale dense attention is computed, and with the cache that over the picked keys too.
            AttentionCount decision = report.Scales[2].Attention.Single();
            Assert.Equal(cache, decision.VisiblePairs > decision.AllPairs / decision.Calls);
            Assert.Equal(cache ? 2 : 1, decision.Calls);
            Assert.InRange(report.Scales[4].Attention.Single().Density, 0.01, 0.9);
        }
    }

    [Fact]
    public void All_keys_or_one_token_is_dense_attention()
    {
        var everything = new ScaleSelfSimilarAttention(Options with { Alignment = KeyAlignment.Identity }) { Fraction = 1, DecisionScale = 4 };
        Tensor[] outputs = Run(everything, ScalarType.Float32, seed: 6, out Tensor q, out Tensor k, out Tensor v, out _);
        Tensor[] dense = SlowSelfSimilar.Run(Schedule, 4, Options, 1, null, false, q, k, v);
        Assert.True((outputs[4] - dense[4]).abs().max().ToDouble() < Tolerance);

        var one = new ScaleSchedule(new(1, 1), new(1, 1), new(1, 1));
        using VarGeneration generation = new VarAccelerator(new ScaleSelfSimilarAttention()).Begin(one, 1, 1, guided: false);
        Tensor x = randn(1, 1, 3, 8);
        for (int scale = 0; scale < 3; scale++)
        {
            generation.BeginScale(scale);
            Tensor keys = x.narrow(2, 0, scale + 1), query = x.narrow(2, scale, 1);
            Assert.True(allclose(nn.functional.scaled_dot_product_attention(query, keys, keys), generation.Attend(0, query, keys, keys), 1e-4, 1e-5));
        }
    }

    [Fact]
    public void Left_out_tokens_and_a_dropped_branch_leave_what_a_complete_run_has()
    {
        // All scales are sinks, and where there is a cache everything is picked: it must be dense attention over the tokens that are there.
        var keep = new KeepHook((2, [0, 7, 19]), (3, [1, 2, 34]), (4, [5, 50, 107])) { PrunedKeys = PrunedKeys.ParentStandsIn };
        foreach (bool cache in (bool[])[false, true])
        {
            var policy = new ScaleSelfSimilarAttention(new KeyMapOptions { Tile = new TileShape(2, 3), SinkScales = 5 }) { Fraction = cache ? 1 : 0.1, ResidualCache = cache };
            Tensor sparse = Last(new VarAccelerator(keep, policy, new DropHook(atScale: 2)));
            Tensor dense = Last(new VarAccelerator(keep, new DropHook(atScale: 2)));
            double error = (sparse - dense).abs().max().ToDouble();
            Assert.True(error < Tolerance, $"cache {cache}: error {error}");
        }

        static Tensor Last(VarAccelerator accelerator)
        {
            manual_seed(8);
            using VarGeneration generation = accelerator.Begin(Schedule, 1, 2, guided: true);
            Tensor? output = null;
            for (int scale = 0; scale < Schedule.Count; scale++)
            {
                ScaleStep step = generation.BeginScale(scale);
                int rows = step.Guided ? 2 : 1;
                Tensor all = randn(2, 2, Schedule[scale].TokenCount, 8);
                Tensor x = step.Gather(all, 2).narrow(0, 0, rows);
                output = generation.AttendCached(0, x, x, x);
                generation.Logits(randn(1, step.TokenCount, 3), step.Guided ? randn(1, step.TokenCount, 3) : null);
            }

            return output!;
        }
    }

    [Fact]
    public void Runs_in_a_model_by_layer_with_the_other_policies_and_leaks_nothing()
    {
        using var model = new TinyVar(seed: 1);
        var accelerator = new VarAccelerator(
            [.. SparVar.ByHead((layer, _) => layer < 1), new LatentDiscrepancyPruning(rho: 0.5), new GuidanceTermination(delta: 10)]);
        var hooked = new HookedTinyVar(model, accelerator);
        hooked.Generate([1, 2], cfg: 2).Dispose();
        TensorLeaks.AssertNone(() => hooked.Generate([1, 2], cfg: 2).Dispose());

        Assert.Equal(["cs4a", "csla", "ld", "cfg"], hooked.Report!.Hooks.Select(hook => hook.Name));
        Assert.All(hooked.Report.Hooks, hook => Assert.True(hook.Fired, hook.ToString()));
        Assert.Equal(["cs4a x1", "csla x2"], hooked.Report.Scales[^1].Attention.Select(count => $"{count.Kind} x{count.Calls}"));

        var paper = new HookedTinyVar(model, new VarAccelerator(SparVar.Paper(layers: 3)));
        paper.Generate([1], cfg: 2).Dispose();
        Assert.True(paper.Report!.AttentionWork < 1);
    }

    [Fact]
    public void Settings_out_of_range_are_found_out_at_the_beginning()
    {
        AssertRefused("Fraction: got 0,", new ScaleSelfSimilarAttention { Fraction = 0 });
        AssertRefused("Coverage: got 2,", new ScaleSelfSimilarAttention { Coverage = 2 });
        AssertRefused("CountMultiple: got 0,", new ScaleSelfSimilarAttention { CountMultiple = 0 });
        AssertRefused("DecisionScale: got -1,", new ScaleSelfSimilarAttention { DecisionScale = -1 });
        Assert.StartsWith("SinkScales: got -1,", Assert.Throws<ArgumentException>(() => new ScaleSelfSimilarAttention(new() { SinkScales = -1 })).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => SparVar.Paper(0));

        static void AssertRefused(string message, ScaleSelfSimilarAttention policy) => Assert.StartsWith(
            message, Assert.ThrowsAny<ArgumentException>(() => new VarAccelerator(policy).Begin(Schedule, 1, 1, guided: false)).Message, StringComparison.Ordinal);
    }

    private static Tensor[] Run(ScaleSelfSimilarAttention policy, ScalarType dtype, long seed, out Tensor q, out Tensor k, out Tensor v, out VarReport report)
    {
        manual_seed(seed);
        (q, k, v) = (Random(), Random(), Random());
        using VarGeneration generation = new VarAccelerator(policy).Begin(Schedule, 1, 3, guided: false);
        var outputs = new Tensor[Schedule.Count];
        for (int scale = 0; scale < outputs.Length; scale++)
        {
            generation.BeginScale(scale);
            int keys = Schedule.TokensThrough(scale);
            outputs[scale] = generation.Attend(0, q.narrow(2, Schedule.TokenOffset(scale), Schedule[scale].TokenCount), k.narrow(2, 0, keys), v.narrow(2, 0, keys));
        }

        report = generation.Report;
        return outputs;

        Tensor Random() => (randn(2, 3, Schedule.TokenCount, 16) * 1.5).to(dtype);
    }
}
