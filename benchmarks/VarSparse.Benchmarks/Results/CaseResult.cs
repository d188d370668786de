using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace VarSparse.Benchmarks.Results;

/// <summary>One case of the suite.</summary>
internal sealed record CaseResult
{
    /// <summary>The class of benchmarks.</summary>
    public required string Group { get; init; }

    public required string Method { get; init; }

    /// <summary>Those of the benchmark, by name.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>Median of a call on the host's clock; on a GPU the call waits for the device.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>Standard deviation over the mean.</summary>
    public required double Spread { get; init; }

    /// <summary>Of managed memory, a call.</summary>
    public required long? AllocatedBytes { get; init; }

    /// <summary>The baseline's time over this one's, by the device's clock where there is one; null in a group without a baseline.</summary>
    public required double? SpeedUp { get; init; }

    /// <summary>Null for what is no attention.</summary>
    public required CaseFacts? Facts { get; init; }

    /// <summary>The device's clock where there is one.</summary>
    public double BestMilliseconds => Facts?.DeviceMilliseconds ?? Milliseconds;

    public double? GigaflopsPerSecond => 1e3 * Facts?.Gigaflops / BestMilliseconds;

    public double? PeakShare => GigaflopsPerSecond / Facts?.PeakGigaflopsPerSecond;

    /// <summary>Null if the case failed.</summary>
    public static CaseResult? From(Summary summary, BenchmarkCase benchmark)
    {
        if (Alone(summary, benchmark) is not { } alone)
            return null;
        BenchmarkCase? baseline = summary.BenchmarksCases.FirstOrDefault(other =>
            other.Descriptor.Baseline && other.Descriptor.Type == benchmark.Descriptor.Type && other.Parameters.DisplayInfo == benchmark.Parameters.DisplayInfo);
        return alone with
        {
            SpeedUp = baseline is null ? null : Alone(summary, baseline)?.BestMilliseconds / alone.BestMilliseconds,
        };
    }

    private static CaseResult? Alone(Summary summary, BenchmarkCase benchmark) => summary[benchmark] is { ResultStatistics: { } statistics } report
        ? new CaseResult
        {
            Group = benchmark.Descriptor.Type.Name,
            Method = benchmark.Descriptor.WorkloadMethod.Name,
            Parameters = benchmark.Parameters.Items.ToDictionary(item => item.Name, item => FormattableString.Invariant($"{item.Value}")),
            Milliseconds = statistics.Median / 1e6,
            Spread = statistics.StandardDeviation / statistics.Mean,
            AllocatedBytes = report.GcStats.GetBytesAllocatedPerOperation(benchmark),
            SpeedUp = null,
            Facts = Results.Facts.Of(benchmark),
        }
        : null;
}
