using System.CommandLine;
using System.Globalization;
using VarSparse.Patterns;

namespace VarSparse.Samples.QuickStart;

/// <summary>The program's options, their checks, and how failures become exit codes.</summary>
internal sealed class CommandLine
{
    private const int Failure = 1;
    private const int BadOptions = 2;
    private const int MostThreads = 1024;

    private readonly Option<int> _scale = new("--scale")
    {
        Description = "query scale: 10 (40x40), 11 (48x48) or 12 (64x64)",
        DefaultValueFactory = _ => 12,
    };

    private readonly Option<string?> _windows = new("--windows")
    {
        Description = "window sides on the last source scales, the query's own scale last; "
            + "scales before them keep their default; -1 = nothing of a scale [default: 1,1,3,5,7 on 24x24 to 64x64, -1 before]",
        HelpName = "N,N,...",
    };

    private readonly Option<int> _sinks = new("--sinks")
    {
        Description = "how many of the first scales every query sees whole",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<int> _threads = new("--threads")
    {
        Description = "CPU threads, for dense and sparse attention alike",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "folder for the picture",
        DefaultValueFactory = _ => "out",
    };

    private readonly Option<string?> _json = new("--json")
    {
        Description = "file that the figures are written to",
    };

    /// <summary>The paper's windows, one for each of the 13 scales.</summary>
    private static ReadOnlySpan<int> DefaultWindows => [-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 5, 7];

    /// <summary>Parses the options and runs the program. Exit code 0, 1 for a failure, or 2 for bad options.</summary>
    public int Run(string[] args, TextWriter errors, Action<Settings> program)
    {
        RootCommand root = new("Runs an attention layer of a trained VAR model dense and sparse, compares both, and draws the sparse pattern.")
        {
            _scale, _windows, _sinks, _threads, _out, _json,
        };
        root.SetAction(result => program(SettingsFrom(result)));
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

    private Settings SettingsFrom(ParseResult result)
    {
        int queryScale = InRange(result, _scale, 10, 12);
        CrossScaleLocalOptions pattern = new()
        {
            Windows = Windows(result.GetValue(_windows), queryScale),
            SinkScales = InRange(result, _sinks, 0, queryScale + 1),
            Tile = new TileShape(8, 16),
            ExactMask = true,
        };
        return new Settings(queryScale, pattern, InRange(result, _threads, 1, MostThreads), result.GetValue(_out)!, result.GetValue(_json));
    }

    private static int InRange(ParseResult result, Option<int> option, int least, int most)
    {
        int value = result.GetValue(option);
        return value >= least && value <= most
            ? value
            : throw new BadOptionException($"{option.Name}: got {value}, expected {least} to {most}");
    }

    /// <summary>One window for each scale: the defaults, the last ones up to the query scale replaced by the given ones.</summary>
    private static int[] Windows(string? text, int queryScale)
    {
        int[] windows = DefaultWindows.ToArray();
        if (text is null)
            return windows;

        string[] given = text.Split(',');
        if (given.Length > queryScale + 1)
            throw new BadOptionException($"--windows: got {given.Length} windows, expected at most {queryScale + 1}, one for each source scale");
        for (int i = 0; i < given.Length; i++)
        {
            if (!int.TryParse(given[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int window) || window < -1)
                throw new BadOptionException($"--windows: got '{text}', expected whole numbers of at least -1 with commas between them");
            windows[queryScale + 1 - given.Length + i] = window;
        }

        return windows;
    }

    private sealed class BadOptionException(string message) : Exception(message);
}
