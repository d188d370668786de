using System.Globalization;
using VarSparse.Benchmarks.Results;
using VarSparse.Benchmarks.Suite;

namespace VarSparse.Benchmarks.Reporting;

/// <summary>The plots that results allow, by the name of their file's end.</summary>
internal sealed class Plots(SuiteResults results)
{
    private static readonly Func<double, string> Percent = value => value.ToString("0.##%", CultureInfo.InvariantCulture);
    private static readonly Func<double, string> Number = value => value.ToString("0.####", CultureInfo.InvariantCulture);

    public IEnumerable<(string Name, Plot Plot)> All()
    {
        if (SpeedUp() is { } speedUp)
            yield return ("speed-up", speedUp);
        if (Time() is { } time)
            yield return ("time", time);
        if (Peak() is { } peak)
            yield return ("peak", peak);
    }

    private Plot? SpeedUp()
    {
        Curve windows = new("windows of one side", [.. Attention(nameof(DensityBenchmarks))
            .Where(result => result.Method != nameof(AttentionBenchmark.TorchDense)).Select(result => (result.Facts!.Density, result.SpeedUp!.Value))]);
        Curve defaults = new("default windows", [.. Main()
            .Where(result => result.Method == nameof(AttentionBenchmarks.CrossScaleExact)).Select(result => (result.Facts!.Density, result.SpeedUp!.Value))]);
        return Plot("Speed-up over torch's dense attention", new("share of the pairs that is visible", Percent, true), new("speed-up", Number, true), [windows, defaults], line: 1);
    }

    private Plot? Time() => Plot(
        "Attention of one scale, Infinity's 1024 x 1024 images",
        new("queries of the scale", Number, true),
        new("milliseconds", Number, true),
        Attention(nameof(ScaleBenchmarks)).GroupBy(result => result.Method)
            .Select(method => new Curve(MethodNames.Of(method.Key), [.. method.Select(result => ((double)result.Facts!.Queries, result.BestMilliseconds))])));

    private Plot? Peak() => Plot(
        "Share of what the device reaches",
        new("keys of the last scale, one geometry each", Number, true),
        new("share of the peak", Percent, false),
        Main().GroupBy(result => result.Method)
            .Select(method => new Curve(MethodNames.Of(method.Key), [.. method.Select(result => ((double)result.Facts!.Keys, result.PeakShare!.Value))])));

    /// <summary>The geometries in the type and head dimension that every run has.</summary>
    private IEnumerable<CaseResult> Main() => Attention(nameof(AttentionBenchmarks)).Where(result =>
        result.Parameters[nameof(AttentionBenchmarks.Type)] == results.Type
        && result.Parameters[nameof(AttentionBenchmarks.HeadDimension)] == results.HeadDimension.ToString(CultureInfo.InvariantCulture));

    private IEnumerable<CaseResult> Attention(string group) =>
        results.Cases.Where(result => result.Group == group && result is { Facts: not null, SpeedUp: not null });

    /// <summary>Null where a filter left nothing to draw.</summary>
    private static Plot? Plot(string title, Axis x, Axis y, IEnumerable<Curve> curves, double? line = null)
    {
        Curve[] drawn = [.. curves.Where(curve => curve.Points.Count > 0)];
        return drawn.Length == 0 ? null : new Plot(title, x, y, drawn, line);
    }
}
