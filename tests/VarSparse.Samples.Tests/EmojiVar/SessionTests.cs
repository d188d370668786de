using SkiaSharp;
using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Samples.Drawing;
using VarSparse.Samples.EmojiVar;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Samples.EmojiVar.Reports;
using VarSparse.Torch.Diagnostics;
using VarSparse.Torch.Hooks;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class SessionTests : IDisposable
{
    private readonly VarModel _model = TinyModel.Load();
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Draws_each_image_dense_once_and_with_every_policy()
    {
        using StringWriter lines = new();
        IReadOnlyList<ComparedImage> images = Session(lines, CancellationToken.None).Run();
        ContactSheet.Save(images, Path.Combine(_folder.Path, "contact-sheet.png"));

        Assert.Equal(
            [
                "a-1-dense.png", "a-1-ld+cfg-difference.png", "a-1-ld+cfg-tokens.png", "a-1-ld+cfg.png",
                "b-c-1-dense.png", "b-c-1-ld+cfg-difference.png", "b-c-1-ld+cfg-tokens.png", "b-c-1-ld+cfg.png", "contact-sheet.png",
            ],
            Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["a none", "a ld+cfg", "b c none", "b c ld+cfg"], images.Select(image => $"{image.Label} {image.Policy}"));
        Assert.Same(images[0].Dense, images[1].Dense);
        Assert.Equal((1, 100, 1), (images[0].Speedup, images[0].Psnr, images[0].Figures.Ssim));
        Assert.Equal(4, lines.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Length);
        foreach (string path in Directory.GetFiles(_folder.Path))
            SKBitmap.Decode(path).Dispose();
    }

    [Fact]
    public void A_stopped_session_leaves_no_half_written_file()
    {
        using CancellationTokenSource stop = new();
        using StoppingWriter lines = new(stop);
        Assert.Throws<OperationCanceledException>(() => Session(lines, stop.Token).Run());
        Assert.Equal(["a-1-dense.png"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Token_maps_light_what_was_computed()
    {
        ComparedImage image = Session(TextWriter.Null, CancellationToken.None).Run()[1];
        using SKBitmap map = TokenMaps.Draw("title", image.Accelerated.Report);
        int[] computed = [.. image.Accelerated.Report.Scales[3].Tokens!];
        int skipped = Enumerable.Range(0, 64).Except(computed).First();

        // The fourth square begins behind three of 192 pixels and four margins of 28; its 8 x 8 cells are 24 pixels wide.
        SKColor At(int token) => map.GetPixel(3 * (192 + 28) + 28 + token % 8 * 24 + 10, 64 + 28 + token / 8 * 24 + 10);
        Assert.Equal(Palette.Seen, At(computed[0]));
        Assert.Equal(Palette.Skipped, At(skipped));
    }

    [Fact]
    public void Attention_is_measured_and_drawn()
    {
        string path = Path.Combine(_folder.Path, "attention.png");
        IReadOnlyList<AttentionMeasurement> found = Session(TextWriter.Null, CancellationToken.None).Measure(path);

        int last = _model.Config.Schedule.Count - 1;
        Assert.Equal(3 * _model.Config.Depth * _model.Config.Heads, found.Count);
        Assert.All(found, one => Assert.InRange(one.PatternRecall, 0, 1.0001));
        Assert.All(found, one => Assert.Equal(one.Scale == last - 2, one.PickedRecall is null));
        SKBitmap.Decode(path).Dispose();
    }

    [Fact]
    public void Every_policy_draws()
    {
        foreach (string policy in (string[])["csla", "far", "cs4a", "sparvar"])
        {
            Settings settings = Settings(_folder.Path) with { Labels = [0], Policies = [Parse(policy)] };
            ComparedImage image = new Session(_model, settings, new LineProgress(TextWriter.Null), CancellationToken.None).Run().Single();
            Assert.True(image.Accelerated.Report.Hooks[0].Fired, image.Accelerated.Report.ToString());
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private Session Session(TextWriter lines, CancellationToken cancellation) => new(_model, Settings(_folder.Path), new LineProgress(lines), cancellation);

    internal static Settings Settings(string folder) => new()
    {
        Labels = [0, 1],
        Seeds = [1],
        Cfg = 3,
        TopK = 0,
        TopP = 0,
        Policies = [Parse("none"), Parse("cfg,ld")],
        Threads = 1,
        Device = torch.CPU,
        Type = torch.ScalarType.Float32,
        Reference = null,
        OutFolder = folder,
        JsonFile = null,
        Profile = false,
        Report = false,
        Trace = false,
    };

    internal static PolicySettings PolicySettings() => new()
    {
        Rho = 0.4,
        Delta = 0.15,
        Windows = null,
        LocalScales = 3,
        SinkScales = 5,
        Tile = TileShape.Default,
        Mask = MaskForm.Exact,
        PrunedKeys = PrunedKeys.Absent,
        BlockSides = null,
        CoarserBeyond = [],
        Share = 0.2,
        Coverage = null,
        Alignment = KeyAlignment.Relative,
        ResidualCache = null,
        RunLength = null,
        Margin = null,
        Layers = null,
        Heads = null,
        PaperMix = false,
    };

    private static Policy Parse(string text) => Policy.Parse(text, _ => PolicySettings());

    /// <summary>Stops everything after the first line.</summary>
    private sealed class StoppingWriter(CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            stop.Cancel();
        }
    }
}
