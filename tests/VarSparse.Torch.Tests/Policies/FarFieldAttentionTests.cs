using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

public sealed class FarFieldAttentionTests : IDisposable
{
    private const int Layers = 2;
    private const int Heads = 2;
    private static readonly ScaleSchedule Schedule = new(new(1, 1), new(2, 3), new(4, 5), new(6, 7), new(8, 9));
    private static readonly FarFieldOptions Fine = new() { SinkScales = 1, Windows = [-1, -1, -1, 1, 3], BlockSides = [1, 2, 2, 3, 3], Tile = new TileShape(4, 4) };
    private static readonly FarFieldOptions Coarse = Fine with { BlockSides = [1, 3, 3, 4, 5], ExactMask = false };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Equals_the_formulas_with_and_without_the_residual(bool cache, bool prunes)
    {
        const int Decision = 2;
        KeepHook[] keep = prunes ? [new KeepHook((2, [0, 3, 7, 8, 19]), (3, [1, 2, 34, 40]), (4, [5, 50, 71])) { PrunedKeys = PrunedKeys.ParentStandsIn }] : [];
        ScaleTokens[] tokens = new ScaleTokens[Schedule.Count];
        var noting = new AttendHook("noting", (attention, next) =>
        {
            tokens[attention.Scale] = attention.Tokens;
            return next(attention);
        });
        var policy = new FarFieldAttention(Fine with { CoarserBeyond = [0, 1] }) { Scales = ScaleChoice.Last(2), ResidualCache = cache };
        using VarGeneration generation = new VarAccelerator([.. keep, noting, policy]).Begin(Schedule, 1, Heads, guided: false);
        manual_seed(7);
        List<Tensor> keys = [], values = [];
        Tensor? residual = null;
        for (int scale = 0; scale < Schedule.Count; scale++)
        {
            int count = generation.BeginScale(scale).TokenCount;
            (Tensor q, Tensor k, Tensor v) = (randn(2, Heads, count, 8), randn(2, Heads, count, 8), randn(2, Heads, count, 8));
            keys.Add(k);
            values.Add(v);

            Tensor actual = generation.AttendCached(0, q, k, v, 0.6);

            (Tensor dense, Tensor far) = Slow(q, cat(keys, 2), cat(values, 2), tokens[scale]);
            int[] there = [.. tokens[scale].Queries ?? [.. Enumerable.Range(0, count)]];
            Tensor expected = scale <= Decision ? dense : far;
            if (scale == Decision)
                residual = SlowResidual.MapOf(dense - far, there, Schedule[scale]);
            else if (scale > Decision && cache)
                expected += SlowResidual.At(residual!, Schedule[scale], Heads).index_select(2, tensor(Array.ConvertAll(there, token => (long)token)));
            Assert.InRange(AttentionInTorch.RelativeError(actual, expected), 0, 1e-5);
        }

        // At the decision scale both are computed, and both are work.
        ScaleReport decision = generation.Report.Scales[Decision];
        Assert.Equal(cache ? ["dense", "far"] : ["dense"], decision.Attention.Select(attention => attention.Kind));
        Assert.Equal(cache, decision.Attention.Sum(attention => attention.VisiblePairs) > decision.Attention[0].AllPairs);

        (Tensor Dense, Tensor Far) Slow(Tensor q, Tensor k, Tensor v, ScaleTokens tokens)
        {
            int[] queries = [.. tokens.Queries ?? [.. Enumerable.Range(0, tokens.QueryCount)]], keys = [.. tokens.Keys ?? [.. Enumerable.Range(0, tokens.KeyCount)]];
            IReadOnlyList<float> bias = tokens.KeyBias ?? new float[keys.Length];
            FarFieldOptions options = Fine with { CoarserBeyond = [0, 1] };
            return (
                SlowFarField.Attend(q, k, v, Schedule, tokens.Scale, options with { SinkScales = Schedule.Count }, queries, keys, bias, 0.6),
                SlowFarField.Attend(q, k, v, Schedule, tokens.Scale, options, queries, keys, bias, 0.6));
        }
    }

    [Fact]
    public void Without_a_scale_before_them_there_is_no_residual()
    {
        var run = new AttentionRun(Schedule, layers: 1, heads: 2, seed: 8);
        Tensor[] with = run.Outputs([new FarFieldAttention(Fine) { Scales = ScaleChoice.Last(Schedule.Count), ResidualCache = true }], ownCache: true, out _);
        Tensor[] without = run.Outputs([new FarFieldAttention(Fine) { Scales = ScaleChoice.Last(Schedule.Count) }], ownCache: true, out _);
        foreach ((Tensor expected, Tensor actual) in without.Zip(with))
            Bits.AssertEqual(expected, actual);
    }

    [Fact]
    public void Summaries_kept_in_the_cache_are_those_that_a_model_with_its_own_cache_gets() => AssertBothCachesGiveTheSame(
        seed: 1, new FarFieldAttention(Fine) { Scales = ScaleChoice.Of(2, 4), ResidualCache = true });

    [Fact]
    public void Missing_tokens_are_counted_out_and_stand_ins_counted_in() => AssertBothCachesGiveTheSame(
        seed: 2,
        new FarFieldAttention(Fine with { CoarserBeyond = [0, 1] }) { ResidualCache = true },
        new KeepHook((2, [1, 2, 3, 9, 17]), (4, [.. Enumerable.Range(0, 72).Where(token => token % 5 < 2)])),
        new KeepHook((3, [0, 1, 8, 14, 22, 40])) { PrunedKeys = PrunedKeys.ParentStandsIn });

    [Fact]
    public void A_dropped_branch_leaves_the_summaries_of_the_other() => AssertBothCachesGiveTheSame(
        seed: 3, new FarFieldAttention(Fine) { ResidualCache = true }, new DropHook(atScale: 3));

    [Fact]
    public void Two_policies_on_the_same_layers_do_not_read_each_others_summaries() => AssertBothCachesGiveTheSame(
        seed: 4,
        new FarFieldAttention(Fine) { Name = "fine", Scales = ScaleChoice.Of(2, 4) },
        new FarFieldAttention(Coarse) { Name = "coarse", Layers = layer => layer == 1 });

    [Fact]
    public void Keys_that_another_hook_replaced_are_pooled_anew()
    {
        var doubled = new AttendHook("double", (attention, next) =>
        {
            using Tensor values = attention.Value * 2;
            return next(attention.With(attention.Query, attention.Key, values));
        });
        AssertBothCachesGiveTheSame(seed: 5, doubled, new FarFieldAttention(Fine));
    }

    [Fact]
    public void A_hook_without_a_reservation_gets_no_rows()
    {
        bool hasRows = true;
        var asking = new AttendHook("asking", (attention, next) =>
        {
            using KeyRows? rows = attention.WithRowsBefore(1);
            hasRows = rows is not null;
            Assert.Throws<ArgumentOutOfRangeException>(() => attention.WithRowsBefore(-1));
            return next(attention);
        });
        using VarGeneration generation = new VarAccelerator(asking).Begin(Schedule, 1, 1, guided: false);
        generation.BeginScale(0);
        generation.AttendCached(0, randn(1, 1, 1, 8), randn(1, 1, 1, 8), randn(1, 1, 1, 8));
        Assert.False(hasRows);
    }

    [Fact]
    public void What_does_not_fit_is_found_out_at_the_beginning()
    {
        var accelerator = new VarAccelerator(new FarFieldAttention(new() { BlockSides = [1, 1] }));
        ArgumentException error = Assert.Throws<ArgumentException>(() => accelerator.Begin(Schedule, 1, 1, guided: false));
        Assert.StartsWith("BlockSides: got 2 sides, expected 5", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The generation's cache, with summaries in it, against all keys at every call.</summary>
    private static void AssertBothCachesGiveTheSame(int seed, params IVarHook[] hooks)
    {
        var accelerator = new VarAccelerator(hooks);
        manual_seed(seed);
        using VarGeneration cached = accelerator.Begin(Schedule, Layers, Heads, guided: true), whole = accelerator.Begin(Schedule, Layers, Heads, guided: true);
        var keys = new List<Tensor>[Layers];
        var values = new List<Tensor>[Layers];
        for (int scale = 0; scale < Schedule.Count; scale++)
        {
            ScaleStep step = cached.BeginScale(scale);
            whole.BeginScale(scale);
            int rows = step.Guided ? 2 : 1;
            for (int layer = 0; layer < Layers; layer++)
            {
                (Tensor q, Tensor k, Tensor v) = (randn(rows, Heads, step.TokenCount, 8), randn(rows, Heads, step.TokenCount, 8), randn(rows, Heads, step.TokenCount, 8));
                (keys[layer] ??= []).Add(k);
                (values[layer] ??= []).Add(v);
                Tensor expected = whole.Attend(layer, q, cat(keys[layer].ConvertAll(key => key.narrow(0, 0, rows)), 2), cat(values[layer].ConvertAll(value => value.narrow(0, 0, rows)), 2), 0.6);

                Tensor actual = cached.AttendCached(layer, q, k, v, 0.6);

                Bits.AssertEqual(expected, actual, $"seed {seed}, scale {scale}, layer {layer}: outputs");
            }

            Tensor logits = randn(1, step.TokenCount, 4);
            cached.Logits(logits, step.Guided ? logits : null);
            whole.Logits(logits, step.Guided ? logits : null);
        }

        Assert.All(cached.Report.Hooks.Where(hook => hook.Name != "keep"), hook => Assert.True(hook.Fired, hook.ToString()));
        Assert.Equal(whole.Report.ToString(), cached.Report.ToString());
        Assert.InRange(cached.Report.AttentionWork, 0.001, 0.999);
    }
}
