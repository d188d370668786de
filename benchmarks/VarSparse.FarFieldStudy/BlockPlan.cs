using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>What the queries of a scale see: the windows and sinks of cross-scale local attention, and blocks of given sizes for the rest.</summary>
internal sealed class BlockPlan : IDisposable
{
    /// <summary>The windows of the last source scales of a schedule; those before have none.</summary>
    private static readonly int[] s_windows = [1, 1, 3, 5, 7];

    public BlockPlan(ScaleSchedule schedule, int queryScale, BlockSizes blocks, Device device)
    {
        int sinks = new FarFieldOptions().SinkScales;
        int[] windows = Windows(schedule);
        Sources = [.. Enumerable.Range(0, queryScale + 1).Select(scale => scale < sinks
            ? SourceScale.Sink(schedule, queryScale, scale, device)
            : SourceScale.Cut(schedule, queryScale, scale, windows[scale], blocks, device))];
        Density = Sources.Sum(source => source.VisiblePairs) / ((double)schedule[queryScale].TokenCount * schedule.TokensThrough(queryScale));
    }

    public IReadOnlyList<SourceScale> Sources { get; }

    /// <summary>Visible pairs, tokens and summaries alike, over those of dense attention.</summary>
    public double Density { get; }

    public void Dispose()
    {
        foreach (SourceScale source in Sources)
            source.Dispose();
    }

    /// <summary>The window of each source scale.</summary>
    public static int[] Windows(ScaleSchedule schedule) =>
        [.. Enumerable.Range(1, schedule.Count).Reverse().Select(fromEnd => fromEnd <= s_windows.Length ? s_windows[^fromEnd] : -1)];
}
