using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>The library's attention policies as the settings want them.</summary>
internal static class AttentionPolicies
{
    public static IVarHook Local(string name, PolicySettings settings)
    {
        CrossScaleLocalOptions options = new()
        {
            Windows = settings.Windows,
            SinkScales = settings.SinkScales,
            Tile = settings.Tile,
            ExactMask = settings.Mask != MaskForm.Tile,
        };
        var scales = ScaleChoice.Last(settings.LocalScales);
        return settings.Mask == MaskForm.Raster
            ? new PatternAttention((schedule, scale) => RasterBlocks(schedule, scale, options)) { Name = name, Scales = scales, Layers = LayersOf(settings), Heads = HeadsOf(settings) }
            : new CrossScaleLocalAttention(options) { Name = name, Scales = scales, Layers = LayersOf(settings), Heads = HeadsOf(settings) };
    }

    public static IVarHook WithSummaries(PolicySettings settings) => settings.Mask == MaskForm.Raster
        ? throw new BadOptionException("--mask: got 'raster', but far has only exact and tile")
        : new FarFieldAttention(new FarFieldOptions
        {
            Windows = settings.Windows,
            BlockSides = settings.BlockSides,
            CoarserBeyond = settings.CoarserBeyond,
            SinkScales = settings.SinkScales,
            Tile = settings.Tile,
            ExactMask = settings.Mask == MaskForm.Exact,
        })
        {
            Scales = ScaleChoice.Last(settings.LocalScales),
            ResidualCache = settings.ResidualCache ?? false,
            Layers = LayersOf(settings),
            Heads = HeadsOf(settings),
        };

    /// <summary>The keys that attention picked at the third-last scale.</summary>
    public static IVarHook SelfSimilar(PolicySettings settings) => new ScaleSelfSimilarAttention(new KeyMapOptions
    {
        Alignment = settings.Alignment,
        SinkScales = settings.SinkScales,
        Tile = settings.Tile,
        RunLength = settings.RunLength,
        LocalMargin = settings.Margin,
    })
    {
        Fraction = settings.Share,
        Coverage = settings.Coverage,
        ResidualCache = settings.ResidualCache ?? true,
        Layers = LayersOf(settings),
        Heads = HeadsOf(settings),
    };

    private static Predicate<int>? LayersOf(PolicySettings settings) => settings.Layers is { } layers ? layers.Contains : null;

    private static HeadChoice? HeadsOf(PolicySettings settings) => settings.Heads is { } heads ? (_, head) => heads.Contains(head) : null;

    private static SparsePattern RasterBlocks(ScaleSchedule schedule, int scale, CrossScaleLocalOptions options) =>
        BlockMask.FromPattern(CrossScaleLocal.Create(schedule, scale, options)).ToPattern();
}
