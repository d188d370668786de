using System.Collections.Concurrent;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks.Suite;

/// <summary>The last scale of a geometry, and the patterns that benchmarks compare there. Building them is no part of any time but its own.</summary>
internal sealed class Workload
{
    private static readonly ConcurrentDictionary<string, Workload> Made = [];

    private Workload(ScaleSchedule schedule)
    {
        Schedule = schedule;
        LastScale = schedule.Count - 1;
        Dense = SparsePattern.Dense(schedule[^1].TokenCount, schedule.TokenCount);
        CrossScaleExact = CrossScaleLocal.Create(schedule, LastScale);
        CrossScaleWholeTiles = CrossScaleLocal.Create(schedule, LastScale, new CrossScaleLocalOptions { ExactMask = false });
    }

    public ScaleSchedule Schedule { get; }

    public int LastScale { get; }

    public SparsePattern Dense { get; }

    public SparsePattern CrossScaleExact { get; }

    public SparsePattern CrossScaleWholeTiles { get; }

    public static Workload Of(string geometry) => Made.GetOrAdd(geometry, static name => new Workload(Geometries.Of(name)));
}
