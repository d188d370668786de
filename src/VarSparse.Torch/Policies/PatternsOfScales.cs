using System.Collections.Concurrent;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Torch.Policies;

/// <summary>Patterns of complete scales, each made once. They are pure functions of schedule and scale, so it does not matter who makes one.</summary>
internal sealed class PatternsOfScales(Func<ScaleSchedule, int, SparsePattern> create)
{
    private readonly ConcurrentDictionary<(ScaleSchedule Schedule, int Scale), SparsePattern> _patterns = [];

    public SparsePattern Of(ScaleSchedule schedule, int scale) => _patterns.GetOrAdd(
        (schedule, scale), static (key, create) => create(key.Schedule, key.Scale), create);
}
