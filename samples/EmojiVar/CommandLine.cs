using System.CommandLine;
using System.Globalization;
using TorchSharp;
using VarSparse.Samples.EmojiVar.Model;
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

    private readonly Option<string[]> _accelerate = new("--accelerate")
    {
        Description = "none, or some of csla (local attention), ld (fewer tokens) and cfg (guidance ends early) with commas; repeatable to compare",
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
        Description = "csla: window sides on the last source scales; those before keep their default; -1 = nothing of a scale [default: 1,1,3,5,7]",
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
            _label, _listLabels, _seed, _cfg, _topK, _topP, _accelerate, _rho, _delta, _windows, _threads, _device, _dtype, _reference, _out, _json, _profile, _trace,
        };
        root.SetAction(result => Run(result, VarConfig.Read(Path.Combine(modelFolder, VarConfig.FileName)), output, program));
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
            Windows = Windows(result.GetValue(_windows), config.Sides.Length),
            Threads = InRange(result, _threads, 1, MostThreads),
            Device = device,
            Type = Placement.Type(result.GetValue(_dtype), device),
            Reference = ExistingFolder(result.GetValue(_reference)),
            OutFolder = result.GetValue(_out)!,
            JsonFile = result.GetValue(_json),
            Profile = result.GetValue(_profile),
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

    /// <summary>One window for each scale: the defaults, the last ones replaced by the given ones.</summary>
    private static int[]? Windows(string? text, int scales)
    {
        if (text is null)
            return null;

        string[] given = text.Split(',');
        if (given.Length > scales)
            throw new BadOptionException($"--windows: got {given.Length} windows, expected at most {scales}, one for each source scale");
        int[] windows = [.. Enumerable.Range(0, scales).Select(scale => scales - scale <= s_defaultWindows.Length ? s_defaultWindows[^(scales - scale)] : -1)];
        for (int i = 0; i < given.Length; i++)
        {
            if (!int.TryParse(given[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int window) || window < -1)
                throw new BadOptionException($"--windows: got '{text}', expected whole numbers of at least -1 with commas between them");
            windows[scales - given.Length + i] = window;
        }

        return windows;
    }
}
