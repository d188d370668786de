using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace VarSparse.Benchmarks.Results;

/// <summary>A figure of ours in BenchmarkDotNet's table.</summary>
internal sealed class CaseColumn(string name, string legend, string format, Func<CaseResult, double?> value) : IColumn
{
    public static IColumn[] All { get; } =
    [
        new CaseColumn("Density", "Visible pairs over all pairs", "P2", result => result.Facts?.Density),
        new CaseColumn("GPU ms", "Median between two CUDA events, L2 overwritten before each call", "F4", result => result.Facts?.DeviceMilliseconds),
        new CaseColumn("Speed-up", "The baseline's time over this one's; by GPU time where there is one", "F2", result => result.SpeedUp),
        new CaseColumn("GFLOP/s", "4 x head dimension x visible pairs x heads x batch / time", "F0", result => result.GigaflopsPerSecond),
        new CaseColumn("Peak", "GFLOP/s over what the device reaches: multiply-adds in registers on a CPU, a large matrix product on a GPU", "P0", result => result.PeakShare),
    ];

    public string Id => nameof(CaseColumn) + name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => Text(summary, benchmarkCase) ?? "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    /// <summary>A column without any figure is left out.</summary>
    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(benchmark => Text(summary, benchmark) is not null);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    private string? Text(Summary summary, BenchmarkCase benchmark) => CaseResult.From(summary, benchmark) is { } result
        ? value(result)?.ToString(format, CultureInfo.InvariantCulture)
        : null;
}
