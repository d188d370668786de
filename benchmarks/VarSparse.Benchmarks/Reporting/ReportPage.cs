using System.Globalization;
using System.Text;
using VarSparse.Benchmarks.Results;
using VarSparse.Benchmarks.Suite;

namespace VarSparse.Benchmarks.Reporting;

/// <summary>The page of one run: the machine, plots, and a table for each group of benchmarks.</summary>
internal sealed class ReportPage(SuiteResults results, string name)
{
    private const string Missing = "";

    private static readonly IReadOnlyList<(string Group, string Title, string Text)> Groups =
    [
        (nameof(AttentionBenchmarks), "Attention of the last scale", "Cross-scale local has the default windows. GFLOP/s count the pairs that are visible; tiles compute some more."),
        (nameof(DensityBenchmarks), "Density", "Windows of one side on every scale."),
        (nameof(ScaleBenchmarks), "Scales", "The scales of Infinity's 1024 x 1024 images, default windows."),
        (nameof(GenerationStepBenchmarks), "One generation step", "The last step: token selection, transformer blocks of random weights with their cache, and the residual."),
        (nameof(PatternBenchmarks), "Building patterns", "Once a schedule, for all layers and images."),
        (nameof(IndexMappingBenchmarks), "Index mapping", "What self-similar attention adds: once a layer, tables once a schedule."),
        (nameof(ScoringBenchmarks), "Scoring", "What decides which tokens are computed and whether guidance goes on."),
    ];

    private readonly StringBuilder _page = new();

    /// <summary>Names and texts of the page and its plots.</summary>
    public IEnumerable<(string Name, string Text)> Files()
    {
        (string Name, Plot Plot)[] plots = [.. new Plots(results).All()];
        foreach ((string end, Plot plot) in plots)
            yield return ($"{name}-{end}.svg", SvgPlot.Draw(plot));
        yield return ($"{name}.md", Page(plots));
    }

    private string Page(IEnumerable<(string Name, Plot Plot)> plots)
    {
        Machine machine = results.Machine;
        Line($"# Sparse and dense attention on {(machine.Gpu ?? machine.Processor).Split(',')[0]}");
        Line($"Written by `report` from [{name}.json]({name}.json); [how](../README.md).");
        Line($"");
        Line($"| | |");
        Line($"| --- | --- |");
        if (machine.Gpu is { } gpu)
            Line($"| GPU | {gpu} |");
        Line($"| processor | {machine.Processor} |");
        Line($"| system | {machine.System}, {machine.Runtime}, TorchSharp {machine.TorchSharp} |");
        Line($"| command | `VarSparse.Benchmarks {results.Command}`, {results.Date:yyyy-MM-dd}, {results.Seconds / 60:F1} minutes |");
        Line($"| problem | batch {results.Batch}, {results.Heads} heads, seed {results.Seed}; {results.Type} and head dimension {results.HeadDimension} where a table says nothing else |");
        Line($"");
        Line($"Times are medians; spread is the standard deviation over the mean. {Clock} Speed-up is against the table's first method{(machine.Gpu is null ? "" : ", by GPU time")}.");
        Line($"Peak: {(machine.Gpu is null ? "float32 multiply-adds in registers on all processors" : "torch's product of two 8192 x 8192 matrices of the type")}.");
        foreach ((string end, Plot plot) in plots)
        {
            Line($"");
            Line($"![{plot.Title}]({name}-{end}.svg)");
        }

        foreach ((string group, string title, string text) in Groups)
        {
            CaseResult[] cases = [.. results.Cases.Where(result => result.Group == group).OrderBy(GeometryOrder)];
            if (cases.Length > 0)
                AddTable(title, text, cases);
        }

        return _page.ToString();
    }

    private string Clock => results.Machine.Gpu is null
        ? "Memory is managed memory; torch's own is not counted."
        : "\"ms\" is a warm call with waiting on the host's clock, \"GPU ms\" the time between two events with a cold L2. Memory is managed memory.";

    private void AddTable(string title, string text, CaseResult[] cases)
    {
        string[] parameters = [.. cases[0].Parameters.Keys];
        (string Head, Func<CaseResult, string?> Text)[] columns =
        [
            .. parameters.Select(parameter => (Heading(parameter), (Func<CaseResult, string?>)(result => result.Parameters[parameter]))),
            ("", result => MethodNames.Of(result.Method)),
            ("ms", result => Significant(result.Milliseconds)),
            ("spread", result => result.Spread.ToString("P0", CultureInfo.InvariantCulture)),
            ("GPU ms", result => result.Facts?.DeviceMilliseconds is { } time ? Significant(time) : null),
            ("speed-up", result => result.SpeedUp is { } speedUp ? Significant(speedUp) + "x" : null),
            ("density", result => result.Facts?.Density.ToString("P2", CultureInfo.InvariantCulture)),
            ("GFLOP/s", result => result.GigaflopsPerSecond?.ToString("F0", CultureInfo.InvariantCulture)),
            ("peak", result => result.PeakShare?.ToString("P0", CultureInfo.InvariantCulture)),
            ("KB", result => result.AllocatedBytes is { } bytes ? Significant(bytes / 1024.0) : null),
        ];
        columns = [.. columns.Where(column => cases.Any(result => column.Text(result) is not null))];
        Line($"");
        Line($"## {title}");
        Line($"{text}");
        Line($"");
        Line($"| {string.Join(" | ", columns.Select(column => column.Head))} |");
        Line($"|{string.Concat(columns.Select(_ => " --- |"))}");
        foreach (CaseResult result in cases)
            Line($"| {string.Join(" | ", columns.Select(column => column.Text(result) ?? Missing))} |");
    }

    /// <summary>Geometries as we list them; BenchmarkDotNet orders by name.</summary>
    private static int GeometryOrder(CaseResult result) =>
        Array.IndexOf([.. Geometries.Names], result.Parameters.GetValueOrDefault(nameof(AttentionBenchmarks.Geometry)));

    private static string Heading(string parameter) => parameter switch
    {
        nameof(AttentionBenchmarks.HeadDimension) => "head dimension",
        nameof(AttentionBenchmarks.Type) => "dtype",
        _ => parameter.ToLowerInvariant(),
    };

    /// <summary>Three digits that mean something.</summary>
    private static string Significant(double value) =>
        value.ToString(value switch { 0 => "0", < 0.01 => "0.#####", < 0.1 => "0.####", < 1 => "0.000", < 10 => "0.00", < 100 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);

    private void Line(FormattableString text) => _page.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
