using System.CommandLine;
using System.CommandLine.Parsing;
using TorchSharp;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Reports;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar;

/// <summary>The program's options, their checks, and how failures become exit codes.</summary>
internal sealed class CommandLine
{
    public const int Failure = 1;
    public const int BadOptions = 2;
    public const int Stopped = 130; // 128 + SIGINT, as shells report it

    private const int MostThreads = 1024;

    private static readonly string[] s_defaultLabels = ["face-smiling", "cat-face", "person", "time"];

    private readonly Option<string[]> _label = new("--label")
    {
        Description = $"what to draw, by name or number; repeatable [default: {string.Join(", ", s_defaultLabels)}]",
        HelpName = "NAME",
    };

    private readonly Option<bool> _listLabels = new("--list-labels") { Description = "list what can be drawn, and end" };

    private readonly Option<int[]> _seed = new("--seed")
    {
        Description = "what chance depends on; repeatable",
        HelpName = "N",
        DefaultValueFactory = _ => [1],
    };

    private readonly Option<double> _cfg = new("--cfg")
    {
        Description = "guidance towards the label at the last scale; 0 = none",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<int> _topK = new("--top-k")
    {
        Description = "draw from this many codes; 1 = always the most probable one (greedy), 0 = all",
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<double> _topP = new("--top-p")
    {
        Description = "draw from the most probable codes that hold this share; 0 or 1 = all",
        DefaultValueFactory = _ => 0.95,
    };

    private readonly Option<string?> _preset = new("--preset")
    {
        Description = "a mix of the options below; those given beside it win",
        HelpName = string.Join('|', Preset.Names),
    };

    private readonly Option<string[]> _accelerate = new("--accelerate")
    {
        Description = "none, or some of csla (local attention), far (local, and summaries of the rest), cs4a (keys picked by attention) or sparvar (far with the residual, or the paper's mix of cs4a and csla by layer), ld (fewer tokens) and cfg (guidance ends early) with commas; repeatable to compare. After a name, options of this one alone: 'far blocks=2 mask=tile'",
        HelpName = "csla,ld,cfg",
        DefaultValueFactory = _ => ["csla,ld,cfg"],
    };

    private readonly PolicyOptions _policies = new();

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "CPU threads, for dense and accelerated images alike",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<string> _device = new("--device")
    {
        Description = "cpu, cuda, or cuda:N",
        HelpName = "NAME",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<string?> _dtype = new("--dtype")
    {
        Description = "what the blocks compute in: float32, bfloat16 or float16 [default: float32 on the CPU, bfloat16 on a GPU]",
        HelpName = "NAME",
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        Description = "folder of another run's pictures, to compare the dense images with",
        HelpName = "FOLDER",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "folder for the pictures",
        DefaultValueFactory = _ => "out",
    };

    private readonly Option<string?> _json = new("--json") { Description = "file that the figures are written to" };

    private readonly Option<bool> _profile = new("--profile") { Description = "show where the time goes" };

    private readonly Option<bool> _report = new("--report")
    {
        Description = "measure where the attention of the first label and seed lies, as a table and heat maps; draws one more dense image, slowly",
    };

    private readonly Option<bool> _trace = new("--trace") { Description = "on a GPU: count kernel launches, waits and copies of each scale (CUPTI)" };

    /// <summary>Parses the options and runs the program. Exit code 0, 1 for a failure, 2 for bad options, 130 when stopped.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="modelFolder">Where the model is.</param>
    /// <param name="output">Where the list of labels goes.</param>
    /// <param name="errors">Where one line goes if something is wrong.</param>
    /// <param name="program">Draws.</param>
    public int Run(string[] args, string modelFolder, TextWriter output, TextWriter errors, Action<Settings> program)
    {
        RootCommand root = new("Draws emoji with a small trained VAR model, dense and accelerated, and compares both.")
        {
            _label, _listLabels, _seed, _cfg, _topK, _topP, _preset, _accelerate, _threads, _device, _dtype, _reference, _out, _json, _profile, _report, _trace,
        };
        foreach (Option option in _policies.All)
            root.Options.Add(option);
        root.SetAction(result => Run(result, VarConfig.Read(Path.Combine(modelFolder, VarConfig.FileName)), output, program));
        root.Subcommands.Add(SummaryCommand(output));
        try
        {
            ParseResult parsed = Parse(root, args);
            if (parsed.GetValue(_preset) is { } preset)
                parsed = Parse(root, [.. args, .. Preset.Arguments(OptionValue.OneOf(_preset, preset, Preset.Names), option => parsed.GetResult(option) is OptionResult { Implicit: false })]);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (BadOptionException e)
        {
            errors.WriteLine($"error: {e.Message}");
            return BadOptions;
        }
        catch (OperationCanceledException)
        {
            errors.WriteLine("stopped");
            return Stopped;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            errors.WriteLine($"error: {e.Message}");
            return Failure;
        }
    }

    private static ParseResult Parse(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        return parsed.Errors.Count == 0 ? parsed : throw new BadOptionException(parsed.Errors[0].Message);
    }

    private static Command SummaryCommand(TextWriter output)
    {
        Argument<string[]> files = new("FILE") { Description = "files that --json wrote; their images are put together", Arity = ArgumentArity.OneOrMore };
        Option<string[]> costFrom = new("--cost-from") { Description = "files of other runs whose times and attention work count; repeatable [default: the same]", HelpName = "FILE" };
        Option<string> folder = new("--out") { Description = "where pareto.md and pareto.png go", DefaultValueFactory = _ => "out" };
        Command summary = new("summary", "Compares the policies of earlier runs: likeness over attention work and time, as a table and a plot.") { files, costFrom, folder };
        summary.SetAction(result => output.Write(Summary.Write(result.GetValue(files)!, result.GetValue(costFrom) ?? [], result.GetValue(folder)!)));
        return summary;
    }

    private void Run(ParseResult result, VarConfig config, TextWriter output, Action<Settings> program)
    {
        LabelNames names = config.Names;
        if (result.GetValue(_listLabels))
        {
            for (int label = 0; label < names.Count; label++)
                output.WriteLine($"{label,4}  {names[label]}");
            return;
        }

        program(SettingsFrom(result, config, names));
    }

    private Settings SettingsFrom(ParseResult result, VarConfig config, LabelNames names)
    {
        Device device = Placement.Device(result.GetValue(_device)!);
        string[] labels = result.GetValue(_label) is { Length: > 0 } given ? given : s_defaultLabels;
        return new Settings
        {
            Labels = [.. labels.Select(names.Find).Distinct()],
            Seeds = [.. result.GetValue(_seed)!.Distinct()],
            Cfg = OptionValue.InRange(result, _cfg, 0, 100),
            TopK = OptionValue.InRange(result, _topK, 0, config.VqVae.Codes),
            TopP = OptionValue.InRange(result, _topP, 0, 1),
            Policies = [.. result.GetValue(_accelerate)!.Select(text => Policy.Parse(text, own => _policies.Read(result, own, config))).DistinctBy(policy => policy.Name)],
            Threads = OptionValue.InRange(result, _threads, 1, MostThreads),
            Device = device,
            Type = Placement.Type(result.GetValue(_dtype), device),
            Reference = ExistingFolder(result.GetValue(_reference)),
            OutFolder = result.GetValue(_out)!,
            JsonFile = result.GetValue(_json),
            Profile = result.GetValue(_profile),
            Report = result.GetValue(_report),
            Trace = result.GetValue(_trace) && OnlyOnGpu(device),
        };
    }

    private static bool OnlyOnGpu(Device device) => device.type != DeviceType.CPU
        ? true
        : throw new BadOptionException("--trace: got --device cpu, expected a GPU, whose calls it counts");

    private static string? ExistingFolder(string? path) => path is null || Directory.Exists(path)
        ? path
        : throw new BadOptionException($"--reference: there is no folder '{path}'");
}
