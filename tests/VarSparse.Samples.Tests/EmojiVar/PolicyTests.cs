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
    private static readonly Settings Narrow = SessionTests.Settings("unused") with { Windows = [1, 1, 1, 1], SinkScales = 1 };

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
    public void Parents_that_stand_in_change_the_picture()
    {
        byte[] Pixels(PrunedKeys keys) => Result("ld", Narrow with { PrunedKeys = keys }).Images[0].Pixels;
        Assert.Equal(Pixels(PrunedKeys.Absent), Pixels(PrunedKeys.Absent));
        Assert.NotEqual(Pixels(PrunedKeys.Absent), Pixels(PrunedKeys.ParentStandsIn));
    }

    public void Dispose() => _model.Dispose();

    private VarReport Run(string policy, Settings settings) => Result(policy, settings).Report;

    private GenerationResult Result(string policy, Settings settings)
    {
        GenerationRequest request = new() { Labels = [1], Guidance = 3, Chooser = new GreedyChoice(), Accelerator = Policy.Parse(policy).Accelerator(settings, TinyModel.Config.Depth) };
        return new Generator(_model).Run(request, cancellation: TestContext.Current.CancellationToken);
    }
}
