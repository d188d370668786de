using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks;

/// <summary>Arithmetic on the pairs that whole tiles hold, over the median time.</summary>
internal sealed class KeptWorkColumn() : NumberColumn("GFLOP/s", "4 x head dimension x pairs in whole tiles x heads / median time", UnitType.Dimensionless)
{
    protected override string Value(Summary summary, BenchmarkCase benchmark) =>
        GigaflopsPerSecond(summary, benchmark) is { } rate ? rate.ToString("F0", CultureInfo.InvariantCulture) : "-";

    internal static double? GigaflopsPerSecond(Summary summary, BenchmarkCase benchmark)
    {
        if (PatternOf(benchmark) is not { } pattern)
            return null;
        double? nanoseconds = summary[benchmark]?.ResultStatistics?.Median;
        int dimension = (int)benchmark.Parameters[nameof(CpuAttentionBenchmarks.HeadDimension)];
        return 4.0 * dimension * pattern.ComputedPairs * AttentionWorkload.Heads / nanoseconds;
    }
}

/// <summary>That rate over what the machine's multiply-add units reach in a loop that does nothing else.</summary>
internal sealed class PeakShareColumn() : NumberColumn("Peak", "GFLOP/s over the measured multiply-add peak of all processors", UnitType.Dimensionless)
{
    private static readonly Lazy<double> Peak = new(() => MultiplyAddPeak.Measure());

    protected override string Value(Summary summary, BenchmarkCase benchmark) =>
        KeptWorkColumn.GigaflopsPerSecond(summary, benchmark) is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * rate / Peak.Value:F0}% of {Peak.Value:F0}")
            : "-";
}

/// <summary>Visible pairs over all pairs.</summary>
internal sealed class DensityColumn() : NumberColumn("Density", "Visible pairs over all pairs", UnitType.Dimensionless)
{
    protected override string Value(Summary summary, BenchmarkCase benchmark) =>
        PatternOf(benchmark)?.Density.ToString("P2", CultureInfo.InvariantCulture) ?? "-";
}

/// <summary>What the columns here share.</summary>
internal abstract class NumberColumn(string name, string legend, UnitType unit) : IColumn
{
    public string Id => nameof(NumberColumn) + name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => unit;

    public string Legend => legend;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => Value(summary, benchmarkCase);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => Value(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    /// <summary>What a benchmark of attention computes, or null for another benchmark.</summary>
    protected static SparsePattern? PatternOf(BenchmarkCase benchmark) => benchmark.Descriptor.Type == typeof(CpuAttentionBenchmarks)
        ? AttentionWorkload.Of((string)benchmark.Parameters[nameof(CpuAttentionBenchmarks.Geometry)]).PatternOf(benchmark.Descriptor.WorkloadMethod.Name)
        : null;

    protected abstract string Value(Summary summary, BenchmarkCase benchmark);
}
