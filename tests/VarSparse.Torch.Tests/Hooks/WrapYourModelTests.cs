using VarSparse.Tests;
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
        MarkdownCode.IsCompiledIn("docs/wrap-your-model.md", "tests/VarSparse.Torch.Tests/Hooks", blocks: 6);

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

    private static VarAccelerator Accelerator() => new(
        new CrossScaleLocalAttention { Scales = ScaleChoice.Last(3) },
        new LatentDiscrepancyPruning(rho: 0.5) { Scales = ScaleChoice.Last(3) },
        new GuidanceTermination(delta: 0.15) { Scales = ScaleChoice.Last(4) });
}
