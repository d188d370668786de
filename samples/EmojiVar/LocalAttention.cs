using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Cross-scale local attention as the settings want it.</summary>
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
        return settings.Mask == MaskForm.Raster
            ? new PatternAttention((schedule, scale) => BlockMask.FromPattern(CrossScaleLocal.Create(schedule, scale, options)).ToPattern()) { Name = name }
            : new CrossScaleLocalAttention(options) { Name = name };
    }
}
