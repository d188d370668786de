using VarSparse.Patterns;
using VarSparse.Samples.EmojiVar;
using VarSparse.Samples.EmojiVar.Generation;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using Generator = VarSparse.Samples.EmojiVar.Generation.Generator;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class PolicyTests : IDisposable
{
    private static readonly PolicySettings Narrow = SessionTests.PolicySettings() with { Windows = [1, 1, 1, 1], SinkScales = 1 };

    private readonly VarModel _model = TinyModel.Load();

    [Fact]
    public void Coarser_masks_see_more()
    {
        double exact = Run("csla", Narrow).AttentionWork;
        double smallTiles = Run("csla", Narrow with { Mask = MaskForm.Tile, Tile = new TileShape(2, 2) }).AttentionWork;
        double tiles = Run("csla", Narrow with { Mask = MaskForm.Tile }).AttentionWork;
        double raster = Run("csla", Narrow with { Mask = MaskForm.Raster }).AttentionWork;
        Assert.InRange(exact, 0.01, smallTiles - 0.01);
        Assert.InRange(smallTiles, exact, tiles - 0.01);

        // No scale has more than 85 keys: the first block is all of them.
        Assert.Equal(1, raster);
    }

    [Fact]
    public void More_sinks_see_more() =>
        Assert.InRange(Run("csla", Narrow).AttentionWork, 0.01, Run("csla", Narrow with { SinkScales = 3 }).AttentionWork - 0.01);

    [Fact]
    public void Fewer_scales_save_less() =>
        Assert.InRange(Run("csla", Narrow).AttentionWork, 0.01, Run("csla", Narrow with { LocalScales = 1 }).AttentionWork - 0.01);

    [Fact]
    public void More_picked_keys_see_more()
    {
        double few = Run("cs4a", Narrow).AttentionWork;
        Assert.InRange(few, 0.01, Run("cs4a", Narrow with { Share = 0.5 }).AttentionWork - 0.01);
        Assert.InRange(Run("cs4a", Narrow with { Coverage = 0.3 }).AttentionWork, 0.01, Run("cs4a", Narrow with { Coverage = 0.9 }).AttentionWork - 0.01);
        Assert.InRange(few, 0.01, Run("cs4a", Narrow with { Margin = 1 }).AttentionWork - 0.001);
    }

    [Fact]
    public void The_residual_cache_and_the_alignment_change_the_picture()
    {
        byte[] Pixels(PolicySettings settings) => Result("cs4a", settings).Images[0].Pixels;
        byte[] usual = Pixels(Narrow);
        Assert.NotEqual(usual, Pixels(Narrow with { ResidualCache = false }));
        Assert.NotEqual(usual, Pixels(Narrow with { Alignment = KeyAlignment.Identity }));
    }

    [Fact]
    public void Blocks_that_grow_with_distance_are_less_work_and_the_residual_is_more()
    {
        double even = Run("far", Narrow).AttentionWork;
        Assert.InRange(Run("far", Narrow with { CoarserBeyond = [0] }).AttentionWork, 0.01, even - 0.0001);
        Assert.Equal(even, Run("far", Narrow with { ResidualCache = false }).AttentionWork);
        Assert.InRange(Run("far", Narrow with { ResidualCache = true }).AttentionWork, even + 0.0001, 0.99);
    }

    [Fact]
    public void Layers_can_have_their_own_attention()
    {
        PolicySettings first = Narrow with { Layers = new HashSet<int> { 0 } };
        double both = Run("csla", Narrow).AttentionWork, one = Run("csla", first).AttentionWork;
        Assert.InRange(both, 0.01, one - 0.01);
        GenerationRequest request = new()
        {
            Labels = [1],
            Guidance = 3,
            Chooser = new GreedyChoice(),
            Accelerator = Policy.Parse("csla layers=0,far", own => own.Count == 0 ? Narrow : first).Accelerator(TinyModel.Config.Depth),
        };
        VarReport report = new Generator(_model).Run(request, cancellation: TestContext.Current.CancellationToken).Report;
        Assert.All(report.Hooks, hook => Assert.True(hook.Fired, report.ToString()));
    }

    [Fact]
    public void Heads_can_have_their_own_attention()
    {
        double both = Run("csla", Narrow).AttentionWork;
        Assert.Equal((1 + both) / 2, Run("csla", Narrow with { Heads = new HashSet<int> { 1 } }).AttentionWork, 6);
    }

    [Fact]
    public void The_paper_has_its_own_mix() =>
        Assert.Equal((1, 2), (Run("sparvar", Narrow).Hooks.Count, Run("sparvar", Narrow with { PaperMix = true }).Hooks.Count));

    [Fact]
    public void Parents_that_stand_in_change_the_picture()
    {
        byte[] Pixels(PrunedKeys keys) => Result("ld", Narrow with { PrunedKeys = keys }).Images[0].Pixels;
        Assert.Equal(Pixels(PrunedKeys.Absent), Pixels(PrunedKeys.Absent));
        Assert.NotEqual(Pixels(PrunedKeys.Absent), Pixels(PrunedKeys.ParentStandsIn));
    }

    public void Dispose() => _model.Dispose();

    private VarReport Run(string policy, PolicySettings settings) => Result(policy, settings).Report;

    private GenerationResult Result(string policy, PolicySettings settings)
    {
        GenerationRequest request = new() { Labels = [1], Guidance = 3, Chooser = new GreedyChoice(), Accelerator = Policy.Parse(policy, _ => settings).Accelerator(TinyModel.Config.Depth) };
        return new Generator(_model).Run(request, cancellation: TestContext.Current.CancellationToken);
    }
}
