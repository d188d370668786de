using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks;

/// <summary>The last scale of a real geometry, and the patterns that benchmarks compare there.</summary>
internal sealed class AttentionWorkload
{
    public const int Heads = 2;

    private static readonly Dictionary<string, Lazy<AttentionWorkload>> All = new()
    {
        ["VAR-256"] = new(() => new(ScaleSchedule.Var256)),
        ["VAR-512"] = new(() => new(ScaleSchedule.Var512)),
        ["Infinity 0.25M"] = new(() => new(ScaleSchedule.Infinity(1, InfinityResolution.Megapixels025))),
        ["Infinity 0.60M"] = new(() => new(ScaleSchedule.Infinity(1, InfinityResolution.Megapixels060))),
        ["Infinity 1M"] = new(() => new(ScaleSchedule.Infinity())),
        ["Infinity 1M, 1.750"] = new(() => new(ScaleSchedule.Infinity(1.75))),
    };

    private AttentionWorkload(ScaleSchedule schedule)
    {
        Schedule = schedule;
        Dense = SparsePattern.Dense(schedule[^1].TokenCount, schedule.TokenCount);
        CrossScaleExact = CrossScaleLocal.Create(schedule, schedule.Count - 1);
        CrossScaleWholeTiles = CrossScaleLocal.Create(schedule, schedule.Count - 1, new CrossScaleLocalOptions { ExactMask = false });
    }

    /// <summary>The names of the geometries: all with <c>--full</c>, else a small, a middle and a large one.</summary>
    public static IEnumerable<string> Geometries => Suite.IsFull ? All.Keys : ["VAR-256", "Infinity 0.25M", "Infinity 1M"];

    public ScaleSchedule Schedule { get; }

    public SparsePattern Dense { get; }

    public SparsePattern CrossScaleExact { get; }

    public SparsePattern CrossScaleWholeTiles { get; }

    public static AttentionWorkload Of(string geometry) => All[geometry].Value;

    /// <summary>The pattern whose result a benchmark method of attention computes.</summary>
    public SparsePattern PatternOf(string method) => method switch
    {
        nameof(CpuAttentionBenchmarks.CrossScaleExact) or nameof(CpuAttentionBenchmarks.TorchMasked) => CrossScaleExact,
        nameof(CpuAttentionBenchmarks.CrossScaleWholeTiles) => CrossScaleWholeTiles,
        _ => Dense,
    };
}
