using System.CommandLine;
using VarSparse.Samples.EmojiVar;
using VarSparse.Samples.EmojiVar.Model;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>The program's options, and how failures become exit codes.</summary>
internal static class CommandLine
{
    private const int Failure = 1;
    private const int BadOptions = 2;

    private static readonly string[] s_labels =
    [
        "face-smiling", "cat-face", "food-sweet", "plant-flower", "person", "time", "animal-mammal", "food-fruit", "heart", "clothing",
        "sky & weather", "hand-fingers-open",
    ];

    private static readonly string[] s_variants =
    [
        "first", "second", "two-point", "mass", "second+values", "mass+values", "coarse", "coarse+second", "graded-0-2", "graded-0-2+second",
        "graded-1-3", "graded-1-3+second", "graded-2-6", "graded-2-6+second",
    ];

    /// <param name="args">The arguments.</param>
    /// <param name="modelFolder">Where the model is.</param>
    /// <param name="errors">Where one line goes if something is wrong.</param>
    /// <param name="program">Draws and compares.</param>
    /// <returns>0, 1 for a failure, or 2 for bad options, with one line that says why.</returns>
    public static int Run(string[] args, string modelFolder, TextWriter errors, Action<StudySettings> program)
    {
        Option<string[]> label = new("--label") { Description = "what to draw, by name or number; repeatable", DefaultValueFactory = _ => s_labels };
        Option<int[]> seed = new("--seed") { Description = "what chance depends on; repeatable", DefaultValueFactory = _ => [1, 2] };
        Option<string[]> variant = new("--variant") { Description = $"{Variant.Syntax}; repeatable", DefaultValueFactory = _ => s_variants };
        Option<string> device = new("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
        Option<string> dtype = new("--dtype") { Description = "what the model computes in: float32, bfloat16 or float16", DefaultValueFactory = _ => "float32" };
        Option<int> threads = new("--threads") { Description = "CPU threads", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<string?> json = new("--json") { Description = "file for the figures, written anew after every image" };
        RootCommand root = new("Draws emoji with summaries of far keys made in several ways, and compares them with the dense images.")
        {
            label, seed, variant, device, dtype, threads, json,
        };
        root.SetAction(result =>
        {
            LabelNames names = VarConfig.Read(Path.Combine(modelFolder, VarConfig.FileName)).Names;
            Device place = Placement.Device(result.GetValue(device)!);
            program(new StudySettings
            {
                Labels = [.. result.GetValue(label)!.Select(names.Find).Distinct()],
                Seeds = [.. result.GetValue(seed)!.Distinct()],
                Variants = [.. result.GetValue(variant)!.Distinct().Select(Variant.Parse)],
                Device = place,
                Type = Placement.Type(result.GetValue(dtype), place),
                Threads = result.GetValue(threads) is var count and >= 1 ? count : throw new BadOptionException($"--threads: got {result.GetValue(threads)}, expected at least 1"),
                JsonFile = result.GetValue(json),
            });
        });
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
                throw new BadOptionException(parsed.Errors[0].Message);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (BadOptionException e)
        {
            errors.WriteLine($"error: {e.Message}");
            return BadOptions;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            errors.WriteLine($"error: {e.Message}");
            return Failure;
        }
    }
}
