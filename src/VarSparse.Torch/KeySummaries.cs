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
        int first = levels[0].First, end = levels[^1].End;
        using Tensor meanKeys = keys.narrow(2, first, end - first);
        using Tensor meanValues = values.narrow(2, first, end - first);
        if (k.device_type == DeviceType.CUDA)
        {
            PoolOnCuda(k, v, plan, scale, levels, meanKeys, meanValues);
            return;
        }

        PoolOnCpu(k, plan, first..end, meanKeys);
        PoolOnCpu(v, plan, first..end, meanValues);
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
            new AttentionInput<T>((T*)TensorPointer.Of(rows), DeviceInputs.LayoutOf(rows)),
            plan,
            blocks,
            new AttentionOutput<T>((T*)TensorPointer.Of(means), DeviceInputs.LayoutOf(means)),
            get_num_threads());
        GC.KeepAlive(rows);
        GC.KeepAlive(means);
    }

    private static void PoolOnCuda(Tensor k, Tensor v, FarFieldPlan plan, int scale, ReadOnlySpan<FarFieldLevel> levels, Tensor meanKeys, Tensor meanValues)
    {
        GridSize grid = plan.Schedule[scale];
        ReadOnlySpan<int> rows = plan.RowsOf(scale);
        int firstPresent = rows.IndexOfAnyExcept(-1);
        if (firstPresent < 0)
        {
            meanKeys.zero_();
            meanValues.zero_();
            return;
        }

        int first = rows[firstPresent], count = rows.Length - rows.Count(-1);
        using Tensor? placesOnHost = count == rows.Length ? null : tensor(Array.ConvertAll(rows.ToArray(), row => row < 0 ? -1 : row - first));
        using Tensor? places = placesOnHost is null ? null : Uploads.To(placesOnHost, k.device);
        using Tensor keys = k.narrow(2, first, count);
        using Tensor values = v.narrow(2, first, count);

        // The plan has the biases.
        CudaDevices.For(k.device_index).Scoring.PoolBlocks(
            DeviceInputs.Of(keys),
            DeviceInputs.Of(values),
            grid,
            levels[0].Side,
            DeviceInputs.Of(meanKeys),
            DeviceInputs.Of(meanValues),
            logCounts: 0,
            CudaDevices.ElementOf(k.dtype),
            places is null ? 0 : (ulong)TensorPointer.Of(places),
            levels.Length);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        GC.KeepAlive(meanKeys);
        GC.KeepAlive(meanValues);
    }
}
