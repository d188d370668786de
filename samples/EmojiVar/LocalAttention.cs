using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Cross-scale local attention as the settings want it, alone or with summaries of the rest.</summary>
internal static class LocalAttention
{
    public static IVarHook Create(string name, Settings settings)
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
            ? new PatternAttention((schedule, scale) => RasterBlocks(schedule, scale, options)) { Name = name, Scales = scales }
            : new CrossScaleLocalAttention(options) { Name = name, Scales = scales };
    }

    public static IVarHook WithSummaries(Settings settings) => settings.Mask == MaskForm.Raster
        ? throw new BadOptionException("--mask: got 'raster', but far has only exact and tile")
        : new FarFieldAttention(new FarFieldOptions
        {
            Windows = settings.Windows,
            BlockSides = settings.BlockSides,
            SinkScales = settings.SinkScales,
            Tile = settings.Tile,
            ExactMask = settings.Mask == MaskForm.Exact,
        })
        {
            Scales = ScaleChoice.Last(settings.LocalScales),
        };

    private static SparsePattern RasterBlocks(ScaleSchedule schedule, int scale, CrossScaleLocalOptions options) =>
        BlockMask.FromPattern(CrossScaleLocal.Create(schedule, scale, options)).ToPattern();
}
