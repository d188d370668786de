using System.Text.Json;
using SkiaSharp;
using VarSparse.Samples.EmojiVar;
using VarSparse.Samples.EmojiVar.Reports;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class ReportTests
{
    [Fact]
    public void Json_is_one_object_an_image_with_exactly_the_documented_fields()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "figures.json");
        ImageFigures.WriteJson([Figures(psnr: 30.5, speedup: 2.5), Figures(psnr: 20, speedup: 4)], path);

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(2, json.RootElement.GetArrayLength());
        Assert.Equal(
            [
                "label=heart", "seed=7", "policy=csla+ld", "seconds=4", "denseSeconds=10", "speedup=2.5", "psnr=30.5", "ssim=0.9",
                "attentionWork=0.2", "referencePsnr=", "hostReads=0", "mostHostReads=0", "tokensComputed=5000", "tokensTotal=10521", "unconditionalScalesDropped=2",
            ],
            json.RootElement[0].EnumerateObject().Select(field => $"{field.Name}={field.Value}"));
    }

    [Fact]
    public void Medians_and_worst_of_a_policy()
    {
        ImageFigures[] images = [Figures(30, 2), Figures(20, 4), Figures(26, 3), Figures(28, 8)];
        Assert.Equal((27, 3.5), (FigureTable.Medians(images).Psnr, FigureTable.Medians(images).Speedup));
        Assert.Equal((20, 2), (FigureTable.Worst(images).Psnr, FigureTable.Worst(images).Speedup));
        Assert.Equal(28, FigureTable.Medians(images[..1].Concat(images[2..])).Psnr);
    }

    [Fact]
    public void Runs_are_summed_up_as_a_table_and_a_plot()
    {
        using TemporaryFolder folder = new();
        string first = Path.Combine(folder.Path, "1.json"), second = Path.Combine(folder.Path, "2.json"), times = Path.Combine(folder.Path, "times.json");
        ImageFigures none = Figures(100, 1) with { Policy = "none", AttentionWork = 1 };
        ImageFigures costly = Figures(25, 2) with { Policy = "far blocks=2", AttentionWork = 0.5 };
        ImageFigures.WriteJson([none, Figures(30, 2), costly], first);
        ImageFigures.WriteJson([none, Figures(20, 4), costly with { Psnr = 27 }], second);
        ImageFigures.WriteJson([Figures(0, 5), costly with { Speedup = 2.5 }], times);

        string table = Summary.Write([first, second], [times], folder.Path);

        Assert.Equal(table, File.ReadAllText(Path.Combine(folder.Path, "pareto.md")));
        Assert.Equal(
            ["| **csla+ld** | 0.200 | 0.20 | 25.00 | 20.00 | 0.900 |", "| **far blocks=2** | 0.500 | 0.40 | 26.00 | 25.00 | 0.900 |"],
            table.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)[2..]);
        using SKBitmap plot = SKBitmap.Decode(Path.Combine(folder.Path, "pareto.png"));
        Assert.True(plot.Width > 1000);
        Assert.Contains("| 0.33 |", Summary.Write([first, second], [], folder.Path));
        Assert.Throws<BadOptionException>(() => Summary.Write([first], [second, folder.Write("x.json", "[]"u8)], folder.Path));
        Assert.Throws<BadOptionException>(() => Summary.Write([folder.Write("x.json", "{"u8)], [], folder.Path));
    }

    [Fact]
    public void A_file_that_cannot_be_finished_leaves_the_old_one_alone()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("picture.png", "old"u8);
        Assert.Throws<OperationCanceledException>(() => WholeFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new OperationCanceledException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));

        WholeFile.Write(path, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    private static ImageFigures Figures(double psnr, double speedup) => new()
    {
        Label = "heart",
        Seed = 7,
        Policy = "csla+ld",
        Seconds = 4,
        DenseSeconds = 10,
        Speedup = speedup,
        Psnr = psnr,
        Ssim = 0.9,
        AttentionWork = 0.2,
        TokensComputed = 5000,
        TokensTotal = 10521,
        UnconditionalScalesDropped = 2,
    };
}
