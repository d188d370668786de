using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Benchmarks;

/// <summary>The patterns that benchmarks compare, by name, at Infinity's last 1024 x 1024 scale: 4,096 queries over 10,521 keys.</summary>
internal static class AttentionWorkload
{
    public const int Heads = 2;

    public static ScaleSchedule Schedule { get; } = ScaleSchedule.Infinity();

    public static SparsePattern Dense { get; } = SparsePattern.Dense(Schedule[12].TokenCount, Schedule.TokenCount);

    public static SparsePattern CrossScaleExact { get; } = CrossScaleLocal.Create(Schedule, 12);

    public static SparsePattern CrossScaleWholeTiles { get; } = CrossScaleLocal.Create(Schedule, 12, new CrossScaleLocalOptions { ExactMask = false });

    /// <summary>The pattern that a benchmark method stands for.</summary>
    public static SparsePattern Of(string method) => method switch
    {
        nameof(CpuAttentionBenchmarks.CrossScaleExact) => CrossScaleExact,
        nameof(CpuAttentionBenchmarks.CrossScaleWholeTiles) => CrossScaleWholeTiles,
        _ => Dense,
    };
}
