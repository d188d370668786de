using System.CommandLine;
using VarSparse.Benchmarks.Results;
using VarSparse.Benchmarks.Suite;

namespace VarSparse.Benchmarks.Reporting;

/// <summary>Turns a file of results into a page with plots beside it.</summary>
internal static class ReportCommand
{
    public static Command Create(TextWriter output)
    {
        Argument<string> results = new("results")
        {
            Description = "file that the suite wrote; the page NAME.md and its plots NAME-*.svg go beside it",
            DefaultValueFactory = _ => SuiteCommand.DefaultResults,
        };
        Command command = new("report", "Turns the suite's results into a Markdown page with plots.") { results };
        command.SetAction(parsed => Write(parsed.GetValue(results)!, output));
        return command;
    }

    private static void Write(string path, TextWriter output)
    {
        if (!File.Exists(path))
            throw new FormatException($"results: got {path}, expected a file that the suite wrote; run the suite first");
        var page = new ReportPage(SuiteResults.Read(path), Path.GetFileNameWithoutExtension(path));
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach ((string name, string text) in page.Files())
        {
            File.WriteAllText(Path.Combine(folder, name), text);
            output.WriteLine(Path.Combine(Path.GetDirectoryName(path)!, name));
        }
    }
}
