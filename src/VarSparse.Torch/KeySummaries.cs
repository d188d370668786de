using TorchSharp;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch;

/// <summary>
/// The summary keys and values of <see cref="FarField"/> attention: their means over each block of a plan. Sums are float32, results have
/// the dtype of the keys. On CUDA all work is queued on torch's stream and nothing waits.
/// </summary>
public static class KeySummaries
{
    /// <summary>The summaries alone.</summary>
    /// <param name="k">Keys of the plan's tokens, [B, H, Lk, D] in float32, float16 or bfloat16; D a multiple of 8, at most 256, contiguous.</param>
    /// <param name="v">Values, [B, H, Lk, D], of the same dtype and device.</param>
    /// <param name="plan">The blocks.</param>
    /// <returns>Two new tensors [B, H, S, D]; zeros for a block without tokens.</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static (Tensor Keys, Tensor Values) Pool(Tensor k, Tensor v, FarFieldPlan plan)
    {
        Check(k, v, plan);
        return Allocated(k, v, plan, plan.SummaryCount, static (_, _) => { });
    }

    /// <summary>The summaries followed by the tokens: the keys and values of <see cref="FarFieldPlan.Pattern"/>.</summary>
    /// <inheritdoc cref="Pool" path="/param"/>
    /// <returns>Two new tensors [B, H, S + Lk, D].</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static (Tensor Keys, Tensor Values) Prepend(Tensor k, Tensor v, FarFieldPlan plan)
    {
        Check(k, v, plan);
        return Allocated(k, v, plan, plan.SummaryCount + plan.TokenCount, (all, tokens) =>
        {
            using Tensor place = all.narrow(2, plan.SummaryCount, plan.TokenCount);
            place.copy_(tokens);
        });
    }

    /// <summary>Writes the summaries of some source scales, beyond the sinks, to their rows of tensors that begin with those of the plan.</summary>
    /// <param name="k">Keys of the plan's tokens.</param>
    /// <param name="v">Values.</param>
    /// <param name="plan">The blocks.</param>
    /// <param name="firstScale">The first of the scales; the last is the plan's query scale.</param>
    /// <param name="keys">[B, H, S or more, D].</param>
    /// <param name="values">[B, H, S or more, D].</param>
    internal static void PoolInto(Tensor k, Tensor v, FarFieldPlan plan, int firstScale, Tensor keys, Tensor values)
    {
        for (int scale = firstScale; scale <= plan.QueryScale; scale++)
        {
            ReadOnlySpan<FarFieldLevel> levels = plan.Levels(scale);
            for (int first = 0; first < levels.Length; first += CudaScoring.MostPoolLevels)
                PoolInto(k, v, plan, scale, levels[first..Math.Min(first + CudaScoring.MostPoolLevels, levels.Length)], keys, values);
        }
    }

    private static void PoolInto(
        Tensor k, Tensor v, FarFieldPlan plan, int scale, ReadOnlySpan<FarFieldLevel> levels, Tensor keys, Tensor values)
    {
        Range blocks = levels[0].First..levels[^1].End;
        using Tensor meanKeys = keys.narrow(2, levels[0].First, levels[^1].End - levels[0].First);
        using Tensor meanValues = values.narrow(2, levels[0].First, levels[^1].End - levels[0].First);
        if (k.device_type == DeviceType.CUDA)
        {
            PoolOnCuda(k, v, plan, scale, levels, meanKeys, meanValues);
            return;
        }

        PoolOnCpu(k, plan, blocks, meanKeys);
        PoolOnCpu(v, plan, blocks, meanValues);
    }

    private static void Check(Tensor k, Tensor v, FarFieldPlan plan)
    {
        TensorChecks.CheckKeysAndValues(k, v);
        ArgumentNullException.ThrowIfNull(plan);
        if (k.size(2) != plan.TokenCount)
            throw TensorChecks.Wrong(nameof(k), $"{k.size(2)} tokens", $"{plan.TokenCount}, the plan's");
        if (k.size(3) % 8 != 0 || k.size(3) > AttentionChecks.LargestHeadDimension)
            throw TensorChecks.Wrong(nameof(k), $"head dimension {k.size(3)}", $"a multiple of 8 up to {AttentionChecks.LargestHeadDimension}");
    }

    private static (Tensor Keys, Tensor Values) Allocated(Tensor k, Tensor v, FarFieldPlan plan, int rows, Action<Tensor, Tensor> fill)
    {
        Tensor? keys = null;
        Tensor? values = null;
        try
        {
            keys = empty(k.size(0), k.size(1), rows, k.size(3), dtype: k.dtype, device: k.device);
            values = empty(k.size(0), k.size(1), rows, k.size(3), dtype: k.dtype, device: k.device);
            fill(keys, k);
            fill(values, v);
            PoolInto(k, v, plan, plan.FirstSummarisedScale, keys, values);
            return (keys, values);
        }
        catch
        {
            keys?.Dispose();
            values?.Dispose();
            throw;
        }
    }

    private static void PoolOnCpu(Tensor rows, FarFieldPlan plan, Range blocks, Tensor means)
    {
        switch (rows.dtype)
        {
            case ScalarType.Float32: PoolOnCpu<float>(rows, plan, blocks, means); break;
            case ScalarType.Float16: PoolOnCpu<Half>(rows, plan, blocks, means); break;
            default: PoolOnCpu<BFloat16>(rows, plan, blocks, means); break;
        }
    }

    private static unsafe void PoolOnCpu<T>(Tensor rows, FarFieldPlan plan, Range blocks, Tensor means)
        where T : unmanaged
    {
        BlockMeans.Run(
            new AttentionInput<T>((T*)TensorPointer.Of(rows), Layout(rows)),
            plan,
            blocks,
            new AttentionOutput<T>((T*)TensorPointer.Of(means), Layout(means)),
            get_num_threads());
        GC.KeepAlive(rows);
        GC.KeepAlive(means);
    }

    private static void PoolOnCuda(Tensor k, Tensor v, FarFieldPlan plan, int scale, ReadOnlySpan<FarFieldLevel> levels, Tensor meanKeys, Tensor meanValues)
    {
        GridSize grid = plan.Schedule[scale];
        int[] rows = plan.RowsOf(scale).ToArray();
        int first = Array.Find(rows, row => row >= 0);
        int count = rows.Count(row => row >= 0);
        if (count == 0)
        {
            meanKeys.zero_();
            meanValues.zero_();
            return;
        }

        using Tensor? places = count == rows.Length ? null : Upload(Array.ConvertAll(rows, row => row < 0 ? -1 : row - first), k.device);
        using Tensor keys = k.narrow(2, first, count);
        using Tensor values = v.narrow(2, first, count);

        // The plan has the biases.
        CudaDevices.For(k.device_index).Scoring.PoolBlocks(
            OnDevice(keys),
            OnDevice(values),
            grid,
            levels[0].Side,
            OnDevice(meanKeys),
            OnDevice(meanValues),
            logCounts: 0,
            CudaDevices.ElementOf(k.dtype),
            places is null ? 0 : (ulong)TensorPointer.Of(places),
            levels.Length);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        GC.KeepAlive(meanKeys);
        GC.KeepAlive(meanValues);
    }

    /// <summary>Queued from pinned memory: a copy from other memory would wait for the device.</summary>
    private static Tensor Upload(int[] numbers, Device device)
    {
        using Tensor onHost = tensor(numbers);
        using Tensor pinned = onHost.pin_memory();
        return pinned.to(device, non_blocking: true);
    }

    private static CudaTensor OnDevice(Tensor tensor) => new((ulong)TensorPointer.Of(tensor), Layout(tensor));

    private static AttentionLayout Layout(Tensor tensor)
    {
        TensorStrides strides = TensorChecks.StridesOf(tensor);
        return new((int)tensor.size(0), (int)tensor.size(1), (int)tensor.size(2), (int)tensor.size(3), strides.Batch, strides.Head, strides.Token);
    }
}
