using Spectre.Console;
using VarSparse.FarFieldStudy;
using VarSparse.Samples.EmojiVar.Model;
using static TorchSharp.torch;

// Ways to summarise far keys, judged by the pictures of a trained VAR model before they are built into kernels.
const int WidthOfFiles = 200;
string modelFolder = Path.Combine(AppContext.BaseDirectory, "models", "emoji-var");
return CommandLine.Run(args, modelFolder, Console.Error, Compare);

void Compare(StudySettings settings)
{
    set_num_threads(settings.Threads);
    using VarModel model = VarModel.Load(modelFolder, settings.Device, settings.Type);
    List<StudyImage> images = [];
    foreach (StudyImage image in new Study(model, settings).Run())
    {
        images.Add(image);
        Console.WriteLine(FormattableString.Invariant($"{image.Label}, seed {image.Seed}, {image.Variant}: {image.Psnr:F2} dB, work {image.Work:F3}, {image.Seconds:F1} s"));
        if (settings.JsonFile is not null)
            StudyFigures.Of(settings, images).Write(settings.JsonFile);
    }

    // A file or a pipe has no width of its own; tables there may be as wide as they need.
    if (Console.IsOutputRedirected)
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, WidthOfFiles);
    StudyTable.Print(AnsiConsole.Console, VariantFigures.Of(images), settings.Variants);
}
