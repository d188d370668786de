using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Interop;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>
/// The patterns on the device that mapped lists are written to: one for each scale and number of batch entries and heads, for all layers, because on
/// torch's stream a layer's attention is over before the next layer's lists are written.
/// </summary>
internal sealed class DeviceMaps(AttentionContext decision, KeyMapOptions options)
{
    private readonly ScaleSchedule _schedule = decision.Schedule;
    private readonly Dictionary<(int Scale, int Batch, int Heads, bool Picked), CudaKeyMap> _maps = [];

    public CudaAttention Device { get; } = CudaDevices.For(decision.Query.device_index);

    public int DecisionScale { get; } = decision.Scale;

    /// <summary>What they are maps of, and where.</summary>
    public (ScaleSchedule Schedule, int DecisionScale, int Device) Place { get; } = (decision.Schedule, decision.Scale, decision.Query.device_index);

    public KeyMapOptions Options => options;

    /// <summary>Keys of the sinks at a scale.</summary>
    public int SinkTokens(int scale) => options.SinkScales == 0 ? 0 : _schedule.TokensThrough(Math.Min(options.SinkScales - 1, scale));

    /// <summary>The map to a scale; or, for picked keys alone, from the decision scale to itself.</summary>
    public CudaKeyMap Of(int scale, int batch, int heads, bool pickedOnly)
    {
        if (_maps.TryGetValue((scale, batch, heads, pickedOnly), out CudaKeyMap? map))
            return map;
        KeyMapOptions used = pickedOnly ? options with { SinkScales = 0, LocalMargin = null } : options;
        int capacity = _schedule.TokensThrough(DecisionScale);
        return _maps[(scale, batch, heads, pickedOnly)] = Device.Selection.CreateMap(_schedule, DecisionScale, scale, batch, heads, capacity, used);
    }
}
