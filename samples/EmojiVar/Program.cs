using Spectre.Console;
using VarSparse.Samples.EmojiVar;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Samples.EmojiVar.Reports;
using static TorchSharp.torch;

// Emoji of a trained VAR model, dense and accelerated, side by side.
const int WidthOfFiles = 160;
string modelFolder = Path.Combine(AppContext.BaseDirectory, "models", "emoji-var");
using CancellationTokenSource stop = new();
ConsoleCancelEventHandler onCancel = (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
Console.CancelKeyPress += onCancel;
try
{
    return new CommandLine().Run(args, modelFolder, Console.Out, Console.Error, settings => Draw(settings, stop.Token));
}
finally
{
    Console.CancelKeyPress -= onCancel;
}

void Draw(Settings settings, CancellationToken cancellation)
{
    Directory.CreateDirectory(settings.OutFolder);
    set_num_threads(settings.Threads);
    using VarModel model = VarModel.Load(modelFolder, settings.Device, settings.Type);
    IReadOnlyList<ComparedImage> images = Compare(model, settings, cancellation);

    // A file or a pipe has no width of its own; tables there may be as wide as they need.
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, WidthOfFiles);

    string sheet = Path.Combine(settings.OutFolder, "contact-sheet.png");
    ContactSheet.Save(images, sheet);
    ImageFigures[] figures = [.. images.Select(image => image.Figures)];
    FigureTable.Print(AnsiConsole.Console, figures);
    if (settings.Profile)
        ProfileTable.Print(AnsiConsole.Console, images);
    if (settings.Report)
    {
        string maps = Path.Combine(settings.OutFolder, "attention.png");
        AttentionTable.Print(AnsiConsole.Console, new Session(model, settings, new LineProgress(Console.Out), cancellation).Measure(maps));
        AnsiConsole.WriteLine($"The same as heat maps is in {maps}");
    }

    AnsiConsole.WriteLine($"All pictures are in {settings.OutFolder}, side by side in {sheet}");
    if (settings.Trace)
    {
        using DriverTrace trace = new();
        new Session(model, settings, new LineProgress(TextWriter.Null), cancellation).Trace(trace, Console.Out);
    }

    if (settings.JsonFile is not null)
        ImageFigures.WriteJson(figures, settings.JsonFile);
}

static IReadOnlyList<ComparedImage> Compare(VarModel model, Settings settings, CancellationToken cancellation)
{
    if (!AnsiConsole.Profile.Capabilities.Interactive || Console.IsOutputRedirected)
        return new Session(model, settings, new LineProgress(Console.Out), cancellation).Run();

    int images = settings.Labels.Count * settings.Seeds.Count * (1 + settings.Policies.Count(policy => !policy.IsDense));
    return AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
        .Start(context => new Session(model, settings, new BarProgress(context, images), cancellation).Run());
}
