using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks.TinyModel;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Hooks;

/// <summary>A second model, of other widths and names, wrapped both ways, with every policy alone and together.</summary>
public sealed class WrappedModelTests : IDisposable
{
    private const long Seed = 11;
    private const double Cfg = 2.5;
    private static readonly int[] Classes = [2, 0];

    private static readonly CrossScaleLocalOptions Windows = new() { SinkScales = 2, Windows = [-1, -1, 1, 3, 3, 5], Tile = new TileShape(4, 8) };

    private static readonly FarFieldOptions Summaries = new() { SinkScales = 2, Windows = Windows.Windows, BlockSides = [1, 1, 2, 2, 3, 4], Tile = Windows.Tile };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Names_are_those_of_published_checkpoints()
    {
        using var model = new TinyVar(Seed);
        Assert.Contains("block_chunks.0.module.1.sa.mat_q.weight", model.named_parameters().Select(parameter => parameter.name));
    }

    [Fact]
    public void Without_hooks_both_ways_are_the_model_bit_for_bit()
    {
        using var model = new TinyVar(Seed);
        Tensor expected = model.Generate(Classes, Cfg);
        Assert.True(expected.std().item<float>() > 0.1, "the model draws nothing");

        Bits.AssertEqual(expected, new HookedTinyVar(model, new VarAccelerator()).Generate(Classes, Cfg), "calling");
        var wrapped = new WrappedTinyVar(model);
        Bits.AssertEqual(expected, wrapped.Generate(Classes, Cfg, new VarAccelerator()), "wrapped");
        Bits.AssertEqual(expected, wrapped.Generate(Classes, Cfg), "wrapped, without a generation");
    }

    [Theory]
    [InlineData("csla")]
    [InlineData("ld")]
    [InlineData("cfg")]
    [InlineData("csla ld")]
    [InlineData("ld csla")]
    [InlineData("csla cfg")]
    [InlineData("cfg ld")]
    [InlineData("csla ld cfg")]
    [InlineData("far")]
    [InlineData("far filled cfg")]
    [InlineData("csla filled cfg")]
    [InlineData("filled")]
    public void Both_ways_give_the_same(string policies)
    {
        using var model = new TinyVar(Seed);
        Tensor dense = model.Generate(Classes, Cfg);
        string[] names = policies.Split(' ');
        var accelerator = new VarAccelerator([.. names.Select(Policy)]);
        var calling = new HookedTinyVar(model, accelerator);
        Tensor called = calling.Generate(Classes, Cfg);
        var wrapped = new WrappedTinyVar(model);
        Tensor replaced = wrapped.Generate(Classes, Cfg, accelerator);

        Assert.True(allclose(called, replaced, 1e-4, 1e-5), $"{policies}, seed {Seed}: the two ways differ");
        Assert.False(allclose(called, dense, 1e-3, 1e-3), $"{policies}, seed {Seed}: nothing changed");
        Assert.Equal(calling.Report!.ToString(), wrapped.Report!.ToString());
        Assert.All(calling.Report.Hooks, hook => Assert.True(hook.Fired && hook.NotReached == HookPoints.None, hook.ToString()));
        AssertReport(calling.Report, names);
    }

    [Theory]
    [InlineData("ld")]
    [InlineData("filled")]
    public void Far_field_attention_over_missing_keys_is_its_definition(string pruning)
    {
        using var model = new TinyVar(Seed);
        Tensor expected = new HookedTinyVar(model, new VarAccelerator(new AttendHook("slow", SlowFar), Policy(pruning), Policy("cfg"))).Generate(Classes, Cfg);

        Tensor actual = new HookedTinyVar(model, new VarAccelerator(Policy("far"), Policy(pruning), Policy("cfg"))).Generate(Classes, Cfg);

        Assert.True(allclose(expected, actual, 1e-4, 1e-5), $"seed {Seed}");
    }

    [Theory]
    [InlineData("ld")]
    [InlineData("filled")]
    public void Local_attention_over_missing_keys_is_the_dense_mask_with_rows_and_columns_selected(string pruning)
    {
        using var model = new TinyVar(Seed);
        Tensor expected = new HookedTinyVar(model, new VarAccelerator(new AttendHook("slow", SlowLocal), Policy(pruning))).Generate(Classes, Cfg);

        Tensor actual = new HookedTinyVar(model, new VarAccelerator(Policy("csla"), Policy(pruning))).Generate(Classes, Cfg);

        Assert.True(allclose(expected, actual, 1e-4, 1e-5), $"seed {Seed}");
    }

    [Fact]
    public void Nothing_leaks_over_twenty_generations_either_way()
    {
        using var model = new TinyVar(Seed);
        var far = new FarFieldAttention(Summaries) { Scales = ScaleChoice.Last(2), Layers = layer => layer == 1, ResidualCache = true };
        var accelerator = new VarAccelerator(far, Policy("csla"), Policy("filled"), Policy("cfg"));
        TensorLeaks.AssertNone(() =>
        {
            for (int i = 0; i < 20; i++)
                new HookedTinyVar(model, accelerator).Generate(Classes, Cfg).Dispose();
        });
        var wrapped = new WrappedTinyVar(model);
        TensorLeaks.AssertNone(() =>
        {
            for (int i = 0; i < 20; i++)
                wrapped.Generate(Classes, Cfg, accelerator).Dispose();
        });
    }

    private static IVarHook Policy(string name) => name switch
    {
        "csla" => new CrossScaleLocalAttention(Windows) { Scales = ScaleChoice.Last(2) },
        "far" => new FarFieldAttention(Summaries) { Scales = ScaleChoice.Last(2) },
        "ld" => new LatentDiscrepancyPruning(0.4) { Scales = ScaleChoice.Last(2) },
        "filled" => new LatentDiscrepancyPruning(0.4) { Scales = ScaleChoice.Last(2), PrunedKeys = PrunedKeys.ParentStandsIn },
        _ => new GuidanceTermination(delta: 100) { Scales = ScaleChoice.Of(3) },
    };

    /// <summary>Local attention by torch's own attention with a mask, from the whole dense mask of the whole scale.</summary>
    private static Tensor SlowLocal(AttentionContext attention, AttentionStep next)
    {
        ScaleTokens tokens = attention.Tokens;
        if (attention.Scale < TinyVar.Schedule.Count - 2)
            return next(attention);
        bool[,] whole = CrossScaleLocal.Create(attention.Schedule, attention.Scale, Windows).ToDenseMask();
        int[] queries = [.. tokens.Queries ?? [.. Enumerable.Range(0, whole.GetLength(0))]];
        int[] keys = [.. tokens.Keys ?? [.. Enumerable.Range(0, whole.GetLength(1))]];
        var mask = new float[queries.Length * keys.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            (int query, int key) = (i / keys.Length, i % keys.Length);
            mask[i] = whole[queries[query], keys[key]] ? tokens.KeyBias?[key] ?? 0 : float.NegativeInfinity;
        }

        return nn.functional.scaled_dot_product_attention(
            attention.Query, attention.Key, attention.Value, tensor(mask).view(1, 1, queries.Length, keys.Length));
    }

    private static Tensor SlowFar(AttentionContext attention, AttentionStep next)
    {
        ScaleTokens tokens = attention.Tokens;
        if (attention.Scale < TinyVar.Schedule.Count - 2)
            return next(attention);
        int[] queries = [.. tokens.Queries ?? [.. Enumerable.Range(0, tokens.QueryCount)]], keys = [.. tokens.Keys ?? [.. Enumerable.Range(0, tokens.KeyCount)]];
        return SlowFarField.Attend(
            attention.Query, attention.Key, attention.Value, attention.Schedule, attention.Scale, Summaries, queries, keys,
            tokens.KeyBias ?? new float[keys.Length], attention.SoftmaxScale).to(ScalarType.Float32);
    }

    private static void AssertReport(VarReport report, string[] names)
    {
        string? sparse = names.FirstOrDefault(name => name is "csla" or "far");
        bool pruned = names.Contains("ld") || names.Contains("filled"), ended = names.Contains("cfg");
        Assert.Equal(ended ? 2 : 0, report.UnconditionalScalesDropped);
        Assert.Equal(pruned, report.TokensComputed < report.TokensTotal);
        Assert.Equal(TinyVar.Schedule.TokenCount, report.TokensTotal);
        Assert.InRange(report.AttentionWork, 0.001, 0.999);
        foreach (ScaleReport scale in report.Scales)
        {
            bool late = scale.Scale >= TinyVar.Schedule.Count - 2;
            AttentionCount count = Assert.Single(scale.Attention);
            Assert.Equal((late && sparse is not null ? sparse : "dense", 3), (count.Kind, count.Calls));
            Assert.Equal(late && sparse is not null, count.Density < 1);
            Assert.Equal(late && pruned, scale.Tokens is not null);
            Assert.Equal(!ended || scale.Scale <= 3, scale.Guided);
        }
    }
}
