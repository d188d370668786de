using VarSparse.Samples.EmojiVar.Generation;
using VarSparse.Samples.EmojiVar.Pictures;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>One image of a policy beside the dense image of the same label and seed.</summary>
internal sealed record ComparedImage(
    string Label, int Seed, Policy Policy, GenerationResult Accelerated, GenerationResult Dense, RgbImage? Reference = null)
{
    public double Speedup => Dense.Elapsed / Accelerated.Elapsed;

    public double Psnr { get; } = ImageQuality.Psnr(Accelerated.Images[0], Dense.Images[0]);

    public double Ssim { get; } = ImageQuality.Ssim(Accelerated.Images[0], Dense.Images[0]);

    public ImageFigures Figures => new()
    {
        Label = Label,
        Seed = Seed,
        Policy = Policy.Name,
        Seconds = Accelerated.Elapsed.TotalSeconds,
        DenseSeconds = Dense.Elapsed.TotalSeconds,
        Speedup = Speedup,
        Psnr = Psnr,
        Ssim = Ssim,
        AttentionWork = Accelerated.Report.AttentionWork,
        ReferencePsnr = Reference is null ? null : ImageQuality.Psnr(Dense.Images[0], Reference),
        HostReads = Accelerated.Report.Scales.Sum(scale => scale.HostReads),
        MostHostReads = Accelerated.Report.Scales.Max(scale => scale.HostReads),
        TokensComputed = Accelerated.Report.TokensComputed,
        TokensTotal = Accelerated.Report.TokensTotal,
        UnconditionalScalesDropped = Accelerated.Report.UnconditionalScalesDropped,
    };
}
