using VarSparse.Tests;
using VarSparse.Torch.Diagnostics;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks.TinyModel;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Hooks;

/// <summary>The code of docs/wrap-your-model.md, compiled and run here and in the tiny model.</summary>
public sealed class WrapYourModelTests
{
    [Fact]
    public void Every_code_block_is_code_of_these_tests() =>
        MarkdownCode.IsCompiledIn("docs/wrap-your-model.md", "tests/VarSparse.Torch.Tests/Hooks", blocks: 8);

    [Fact]
    public void A_hook_of_ones_own_runs_with_the_policies()
    {
        using var scope = NewDisposeScope();
        using var model = new TinyVar(seed: 1);
        var calling = new HookedTinyVar(model, Accelerator());
        calling.Generate([1], cfg: 2);
        Assert.Equal(["csla", "ld", "cfg"], calling.Report!.Hooks.Select(hook => hook.Name));

        var own = new HookedTinyVar(model, new VarAccelerator(new EveryOtherRow()));
        own.Generate([1], cfg: 2);

        ScaleReport last = own.Report!.Scales[^1];
        Assert.Equal(7 * 16, last.TokensComputed);
        Assert.Equal("kept 112 of 208 tokens", own.Report.Hooks[0].Decisions.Single().What);
    }

    [Fact]
    public void Heads_are_given_to_policies_by_hand_or_by_what_was_measured()
    {
        using var scope = NewDisposeScope();
        using var model = new TinyVar(seed: 1);
        var calling = new HookedTinyVar(model, ByHand());
        calling.Generate([1], cfg: 2);
        Assert.Equal(["cs4a x2", "csla x2", "dense x3"], Kinds(calling));

        List<AttentionMeasurement> found = [];
        new HookedTinyVar(model, new VarAccelerator(new AttentionDiagnostics(found.Add))).Generate([1], cfg: 2);
        double[] recalls = [.. found.Select(one => one.PatternRecall).Order()];
        var assigned = new HookedTinyVar(model, ByRecall(found, share: recalls[recalls.Length / 2]));
        assigned.Generate([1], cfg: 2);
        Assert.True(assigned.Report!.AttentionWork < 1);

        static IEnumerable<string> Kinds(HookedTinyVar calling) => calling.Report!.Scales[^1].Attention.Select(count => $"{count.Kind} x{count.Calls}").Order();
    }

    private static VarAccelerator ByHand() => new(
        new ScaleSelfSimilarAttention { Heads = (layer, head) => layer < 2 && head == 0 },
        new CrossScaleLocalAttention { Heads = (layer, head) => layer < 2 && head == 1 });

    private static VarAccelerator ByRecall(IReadOnlyList<AttentionMeasurement> found, double share)
    {
        HeadChoice[] heads = HeadAssignment.Cheapest(
            share,
            found.Select(one => (one.Layer, one.Head, one.PatternRecall)),
            found.Where(one => one.PickedRecall is not null).Select(one => (one.Layer, one.Head, one.PickedRecall!.Value)));
        return new(
            new CrossScaleLocalAttention { Heads = heads[0] },
            new ScaleSelfSimilarAttention { Heads = heads[1] },
            new FarFieldAttention());
    }

    private static VarAccelerator Accelerator() => new(
        new CrossScaleLocalAttention { Scales = ScaleChoice.Last(3) },
        new LatentDiscrepancyPruning(rho: 0.5) { Scales = ScaleChoice.Last(3) },
        new GuidanceTermination(delta: 0.15) { Scales = ScaleChoice.Last(4) });
}
