using TorchSharp;
using TorchSharp.Modules;
using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace PackageConsumer;

/// <summary>A VAR generator of random weights: two attention layers, greedy, no guidance.</summary>
internal sealed class TinyGenerator : nn.Module
{
    private const int Width = 32, Heads = 4, Layers = 2, Codes = 16, Channels = 4;

    private static readonly ScaleSchedule Schedule = ScaleSchedule.FromSides(1, 2, 4, 8, 16);

    private readonly Linear embed = nn.Linear(Channels, Width);
    private readonly Embedding position = nn.Embedding(Schedule.TokenCount, Width);
    private readonly ModuleList<Linear> project = nn.ModuleList(nn.Linear(Width, 3 * Width), nn.Linear(Width, 3 * Width));
    private readonly Linear head = nn.Linear(Width, Codes);
    private readonly Embedding codebook = nn.Embedding(Codes, Channels);

    public TinyGenerator()
        : base(nameof(TinyGenerator)) => RegisterComponents();

    /// <summary>Draws a latent, [1, Channels, 16, 16].</summary>
    public Tensor Draw(VarAccelerator accelerator, out string report)
    {
        using VarGeneration generation = accelerator.Begin(Schedule, Layers, Heads, guided: false);
        GridSize full = Schedule[^1];
        Tensor latent = zeros(1, Channels, full.Height, full.Width);
        for (int scale = 0; scale < Schedule.Count; scale++)
        {
            GridSize grid = Schedule[scale];
            ScaleStep step = generation.BeginScale(scale);
            Tensor seen = nn.functional.adaptive_avg_pool2d(latent, [grid.Height, grid.Width]).flatten(2).transpose(1, 2);
            Tensor tokens = embed.call(seen) + position.call(arange(Schedule.TokenOffset(scale), Schedule.TokensThrough(scale)));
            Tensor x = step.Gather(tokens);
            for (int layer = 0; layer < Layers; layer++)
                x = x + Attention(generation, layer, x);
            Tensor logits = head.call(x);
            generation.Logits(logits, unconditional: null);
            Tensor codes = logits.argmax(-1);
            Tensor residual = generation.Residual(codebook.call(codes).transpose(1, 2));
            latent = latent + nn.functional.interpolate(residual, [full.Height, full.Width], mode: InterpolationMode.Bilinear, align_corners: false);
        }

        report = generation.Report.ToString();
        return latent;
    }

    private Tensor Attention(VarGeneration generation, int layer, Tensor x)
    {
        Tensor[] parts = project[layer].call(x).view(1, x.size(1), 3, Heads, Width / Heads).permute(2, 0, 3, 1, 4).unbind(0);
        return generation.AttendCached(layer, parts[0], parts[1], parts[2]).transpose(1, 2).reshape(1, x.size(1), Width);
    }
}
