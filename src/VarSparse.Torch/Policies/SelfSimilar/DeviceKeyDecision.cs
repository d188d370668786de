using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies.SelfSimilar;

/// <summary>Keys picked on a CUDA device, in lists that never come to the host. Complete scales only.</summary>
internal sealed class DeviceKeyDecision : IKeyDecision
{
    private readonly DeviceMaps _maps;
    private readonly Tensor _keys;
    private readonly Tensor _counts;
    private readonly double _mostKept;

    public DeviceKeyDecision(DeviceMaps maps, AttentionContext attention, Tensor logSumExp, KeyChoice choice)
    {
        _maps = maps;
        Tensor q = attention.Query;
        (int batch, int heads, int keyCount) = ((int)q.size(0), (int)q.size(1), (int)attention.Key.size(2));
        GridSize grid = maps.Options.GridOf(attention.Grid);
        int rows = batch * heads * maps.Options.CountTiles(attention.Grid).TokenCount;
        int keep = choice.CountOf(keyCount);
        int capacity = choice.Coverage is null ? keep : keyCount;
        using Tensor sums = empty(rows, keyCount, dtype: ScalarType.Float32, device: q.device);
        _keys = empty(rows, capacity, dtype: ScalarType.Int32, device: q.device).DetachFromDisposeScope();
        _counts = empty(rows, dtype: ScalarType.Int32, device: q.device).DetachFromDisposeScope();
        ulong masses = (ulong)TensorPointer.Of(sums);
        maps.Device.Selection.ColumnSums(
            DeviceInputs.Of(q),
            DeviceInputs.Of(attention.Key),
            (ulong)TensorPointer.Of(logSumExp),
            grid,
            maps.Options.TileShape,
            masses,
            CudaDevices.ElementOf(q.dtype),
            attention.SoftmaxScale);
        if (choice.Coverage is { } coverage)
            maps.Device.Selection.KeepCoverage(masses, rows, keyCount, coverage, Lists);
        else
            maps.Device.Selection.KeepHeaviest(masses, rows, keyCount, keep, Lists);
        _mostKept = (double)capacity / keyCount;
        GC.KeepAlive(attention);
        GC.KeepAlive(logSumExp);
        GC.KeepAlive(sums);
    }

    private CudaKeyLists Lists => new((ulong)TensorPointer.Of(_keys), (ulong)TensorPointer.Of(_counts), (int)_keys.size(1));

    public Tensor AttendPicked(AttentionContext attention)
    {
        Tensor output = Run(attention, pickedOnly: true);
        attention.Count(_mostKept);
        return output;
    }

    public Tensor Attend(AttentionContext attention)
    {
        Tensor output = Run(attention, pickedOnly: false);

        // How many keys a list has is known to the device only; the count is what lists have room for.
        double mapped = _mostKept * attention.Schedule.TokensThrough(_maps.DecisionScale) / attention.Key.size(2);
        attention.Count(Math.Min(1, mapped + (double)_maps.SinkTokens(attention.Scale) / attention.Key.size(2)));
        return output;
    }

    public override string ToString() => FormattableString.Invariant($"lists on the device, at most {_mostKept:P2} of the decision scale's keys");

    public void Dispose()
    {
        _keys.Dispose();
        _counts.Dispose();
    }

    private Tensor Run(AttentionContext attention, bool pickedOnly)
    {
        Tensor q = attention.Query;
        CudaKeyMap map = _maps.Of(attention.Scale, (int)q.size(0), (int)q.size(1), pickedOnly);
        map.Run(Lists);
        Tensor output = AttentionResult.Empty(q);
        _maps.Device.RunResident(
            DeviceInputs.Of(q),
            DeviceInputs.Of(attention.Key),
            DeviceInputs.Of(attention.Value),
            map.Pattern,
            DeviceInputs.Of(output),
            CudaDevices.ElementOf(q.dtype),
            attention.SoftmaxScale);
        GC.KeepAlive(this);
        GC.KeepAlive(attention);
        return output;
    }
}
