using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar;

/// <summary>The program's options, their checks, and how failures become exit codes.</summary>
internal sealed class CommandLine
{
    public const int Failure = 1;
    public const int BadOptions = 2;
    public const int Stopped = 130; // 128 + SIGINT, as shells report it

    private const int MostThreads = 1024;
    private const int MostTileSide = 1024;

    private static readonly string[] s_defaultLabels = ["face-smiling", "cat-face", "person", "time"];

    /// <summary>The windows of the last five source scales if none are given.</summary>
    private static readonly int[] s_defaultWindows = [1, 1, 3, 5, 7];

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
        Description = "none, or some of csla (local attention), far (local, and summaries of the rest), cs4a (keys picked by attention) or sparvar (cs4a and csla, by layer), ld (fewer tokens) and cfg (guidance ends early) with commas; repeatable to compare",
        HelpName = "csla,ld,cfg",
        DefaultValueFactory = _ => ["csla,ld,cfg"],
    };

    private readonly Option<double> _rho = new("--rho")
    {
        Description = "ld: share of the high-frequency energy that the computed tokens hold",
        DefaultValueFactory = _ => 0.5,
    };

    private readonly Option<double> _delta = new("--delta")
    {
        Description = "cfg: guidance ends once the distance of its branches changes by less, relatively, from scale to scale",
        DefaultValueFactory = _ => 0.15,
    };

    private readonly Option<string?> _windows = new("--windows")
    {
        Description = "csla, far: window sides on the last source scales; those before keep their default; -1 = nothing of a scale [default: 1,1,3,5,7]",
        HelpName = "N,N,...",
    };

    private readonly Option<int> _scales = new("--scales")
    {
        Description = "csla, far: on how many of the last scales",
        DefaultValueFactory = _ => 3,
    };

    private readonly Option<int> _sinks = new("--sinks")
    {
        Description = "csla, far: how many of the first scales are seen whole",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<string> _tile = new("--tile")
    {
        Description = "csla, far: rows and columns of a tile of queries",
        HelpName = "HxW",
        DefaultValueFactory = _ => TileShape.Default.ToString(),
    };

    private readonly Option<string> _mask = new("--mask")
    {
        Description = "csla, far: a query sees its own window (exact) or those of its tile (tile); csla also in raster blocks of 128 keys (raster)",
        HelpName = "exact|tile|raster",
        DefaultValueFactory = _ => "exact",
    };

    private readonly Option<string> _prunedKeys = new("--pruned-keys")
    {
        Description = "ld: in place of the keys of left-out tokens later queries find nothing (absent), or their parents once more (parent)",
        HelpName = "absent|parent",
        DefaultValueFactory = _ => "absent",
    };

    private readonly Option<string?> _blocks = new("--blocks")
    {
        Description = "far: rows and columns of a block on the last source scales; those before keep their default [default: 2, 4 from 22x22 on, 8 from 56x56 on]",
        HelpName = "N,N,...",
    };

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
            _label, _listLabels, _seed, _cfg, _topK, _topP, _preset, _accelerate, _rho, _delta, _windows, _blocks, _scales, _sinks, _tile, _mask, _prunedKeys, _threads, _device, _dtype, _reference, _out, _json, _profile, _report, _trace,
        };
        root.SetAction(result => Run(result, VarConfig.Read(Path.Combine(modelFolder, VarConfig.FileName)), output, program));
        try
        {
            ParseResult parsed = Parse(root, args);
            if (parsed.GetValue(_preset) is { } preset)
                parsed = Parse(root, [.. args, .. Preset.Arguments(OneOf(_preset, preset, Preset.Names), option => parsed.GetResult(option) is OptionResult { Implicit: false })]);
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
            Cfg = InRange(result, _cfg, 0, 100),
            TopK = InRange(result, _topK, 0, config.VqVae.Codes),
            TopP = InRange(result, _topP, 0, 1),
            Policies = [.. result.GetValue(_accelerate)!.Select(Policy.Parse).DistinctBy(policy => policy.Name)],
            Rho = InRange(result, _rho, 1e-6, 1),
            Delta = InRange(result, _delta, 1e-6, 1e6),
            Windows = PerScale(_windows, result.GetValue(_windows), [.. config.Sides.Select((_, scale) => DefaultWindow(config.Sides.Length - scale))], least: -1),
            BlockSides = PerScale(_blocks, result.GetValue(_blocks), [.. config.Schedule.Select(FarField.DefaultBlockSide)], least: 1),
            LocalScales = InRange(result, _scales, 1, config.Sides.Length),
            SinkScales = InRange(result, _sinks, 0, config.Sides.Length),
            Tile = Tile(result.GetValue(_tile)!),
            Mask = OneOf(_mask, result.GetValue(_mask)!, ["exact", "tile", "raster"]) switch
            {
                "exact" => MaskForm.Exact,
                "tile" => MaskForm.Tile,
                _ => MaskForm.Raster,
            },
            PrunedKeys = OneOf(_prunedKeys, result.GetValue(_prunedKeys)!, ["absent", "parent"]) == "parent" ? PrunedKeys.ParentStandsIn : PrunedKeys.Absent,
            Threads = InRange(result, _threads, 1, MostThreads),
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

    private static T InRange<T>(ParseResult result, Option<T> option, T least, T most)
        where T : IComparable<T>
    {
        T value = result.GetValue(option)!;
        // NaN compares as less than every number.
        return value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0
            ? value
            : throw new BadOptionException(FormattableString.Invariant($"{option.Name}: got {value}, expected {least} to {most}"));
    }

    private static string OneOf(Option option, string given, string[] names) => names.Contains(given)
        ? given
        : throw new BadOptionException($"{option.Name}: got '{given}', expected {string.Join(" or ", names)}");

    private static TileShape Tile(string text)
    {
        string[] sides = text.Split('x');
        return sides.Length == 2 && Side(sides[0]) is { } height && Side(sides[1]) is { } width
            ? new TileShape(height, width)
            : throw new BadOptionException($"--tile: got '{text}', expected two sides of 1 to {MostTileSide}, such as 8x16");

        static int? Side(string side) =>
            int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value is >= 1 and <= MostTileSide ? value : null;
    }

    /// <param name="fromEnd">1 for the last source scale.</param>
    private static int DefaultWindow(int fromEnd) => fromEnd <= s_defaultWindows.Length ? s_defaultWindows[^fromEnd] : -1;

    /// <summary>One number for each scale: the defaults, the last ones replaced by the given ones.</summary>
    private static int[]? PerScale(Option<string?> option, string? text, int[] defaults, int least)
    {
        if (text is null)
            return null;

        string[] given = text.Split(',');
        if (given.Length > defaults.Length)
            throw new BadOptionException($"{option.Name}: got {given.Length} numbers, expected at most {defaults.Length}, one for each source scale");
        int[] numbers = [.. defaults];
        for (int i = 0; i < given.Length; i++)
        {
            if (!int.TryParse(given[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) || number < least)
                throw new BadOptionException($"{option.Name}: got '{text}', expected whole numbers of at least {least} with commas between them");
            numbers[defaults.Length - given.Length + i] = number;
        }

        return numbers;
    }
}
