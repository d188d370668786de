using System.Collections.Concurrent;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>
/// Lends a generation the maps that one before it made, as making and freeing them waits for the device. One generation at a time writes to
/// them; on torch's stream the next one's work comes after. Thread-safe. What is never returned, and all of it in the end, the
/// garbage collector frees.
/// </summary>
internal sealed class DeviceMapsPool(KeyMapOptions options)
{
    private readonly ConcurrentDictionary<(ScaleSchedule Schedule, int DecisionScale, int Device), ConcurrentBag<DeviceMaps>> _idle = [];

    /// <param name="decision">The attention at the decision scale.</param>
    public DeviceMaps Take(AttentionContext decision) =>
        Idle((decision.Schedule, decision.Scale, decision.Query.device_index)).TryTake(out DeviceMaps? maps) ? maps : new DeviceMaps(decision, options);

    public void Return(DeviceMaps maps) => Idle(maps.Place).Add(maps);

    private ConcurrentBag<DeviceMaps> Idle((ScaleSchedule Schedule, int DecisionScale, int Device) place) => _idle.GetOrAdd(place, static _ => []);
}
