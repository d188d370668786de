using TorchSharp;
using VarSparse.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch;

/// <summary>Sparse attention on TorchSharp tensors: reads and writes their memory in place, with no copy.</summary>
public static partial class SparseAttention
{
    /// <summary>
    /// Attention over a pattern: out[q] = sum over visible keys k of softmax(scale * q . k + bias_k) v_k, accumulated in float32.
    /// A query that sees no key gives zeros.
    /// </summary>
    /// <remarks>
    /// On a CUDA device, a pattern in which every query sees every key without a bias is computed by torch's own attention where that is
    /// faster than the kernels here: always but for the Hopper kernel. <see cref="Explain"/> says which.
    /// </remarks>
    /// <param name="q">
    /// Queries, [B, H, Lq, D] in float32, float16 or bfloat16; D a multiple of 8, at most 256, contiguous. Other strides are free:
    /// a [B, L, H, D] tensor is passed as its <c>transpose(1, 2)</c>.
    /// </param>
    /// <param name="k">Keys, [B, H, Lk, D], of the same dtype and device.</param>
    /// <param name="v">Values, [B, H, Lk, D], of the same dtype and device.</param>
    /// <param name="pattern">Which keys each query sees, with Lq queries and Lk keys. Build it once and use it for every layer.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <returns>A new tensor [B, H, Lq, D] of q's dtype, in the memory order of q: heads first or tokens first.</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static Tensor Apply(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null)
    {
        AttentionShape shape = Check(q, k, v, pattern);
        return UsesTorch(q, k, v, pattern, scale, shape)
            ? RunTorch(q, k, v, scale)
            : RunOurs(q, k, v, pattern, scale, shape, withLogSumExp: false).Output;
    }

    /// <summary>
    /// The same as <see cref="Apply"/>, with the natural log-sum-exp of each query's visible logits: what is needed to merge the
    /// results of two patterns that share no key. It is minus infinity for a query that sees none.
    /// </summary>
    /// <inheritdoc cref="Apply" path="/param"/>
    /// <returns>The output [B, H, Lq, D] and the log-sum-exp, float32 [B, H, Lq].</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static (Tensor Output, Tensor LogSumExp) ApplyWithLogSumExp(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null)
    {
        (Tensor output, Tensor? logSumExp) = RunOurs(q, k, v, pattern, scale, Check(q, k, v, pattern), withLogSumExp: true);
        return (output, logSumExp!);
    }

    /// <summary>The same as <see cref="Apply"/>, never by torch: for sizes that are new at nearly every call, which torch's attention would plan.</summary>
    internal static Tensor ApplyOurs(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null) =>
        RunOurs(q, k, v, pattern, scale, Check(q, k, v, pattern), withLogSumExp: false).Output;

    private static AttentionShape Check(Tensor q, Tensor k, Tensor v, SparsePattern pattern)
    {
        AttentionShape shape = TensorChecks.CheckAttentionInputs(q, k, v);
        ArgumentNullException.ThrowIfNull(pattern);
        TensorChecks.CheckDevice(q, nameof(q));
        return shape;
    }

    private static (Tensor Output, Tensor? LogSumExp) RunOurs(
        Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale, in AttentionShape shape, bool withLogSumExp)
    {
        Tensor? output = null;
        Tensor? logSumExp = null;
        try
        {
            output = AttentionResult.Empty(q);
            if (withLogSumExp)
                logSumExp = empty(shape.Batch, shape.Heads, shape.QueryLength, dtype: ScalarType.Float32, device: q.device);
            if (q.device_type == DeviceType.CUDA)
            {
                RunOnCuda(q, k, v, pattern, scale, logSumExp, output, shape);
                return (output, logSumExp);
            }

            switch (shape.DType)
            {
                case ScalarType.Float32: RunOnCpu<float>(q, k, v, pattern, scale, logSumExp, output, shape); break;
                case ScalarType.Float16: RunOnCpu<Half>(q, k, v, pattern, scale, logSumExp, output, shape); break;
                default: RunOnCpu<BFloat16>(q, k, v, pattern, scale, logSumExp, output, shape); break;
            }

            return (output, logSumExp);
        }
        catch
        {
            output?.Dispose();
            logSumExp?.Dispose();
            throw;
        }
    }

    private static unsafe void RunOnCpu<T>(
        Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale, Tensor? logSumExp, Tensor output, in AttentionShape shape)
        where T : unmanaged
    {
        CpuAttention.Shared.Run(
            new AttentionInput<T>((T*)TensorPointer.Of(q), shape.QueryLayout),
            new AttentionInput<T>((T*)TensorPointer.Of(k), shape.KeyLayout),
            new AttentionInput<T>((T*)TensorPointer.Of(v), shape.ValueLayout),
            pattern,
            new AttentionOutput<T>((T*)TensorPointer.Of(output), shape.LayoutOfQueries(TensorChecks.StridesOf(output))),
            scale,
            logSumExp is null ? null : (float*)TensorPointer.Of(logSumExp),
            get_num_threads());
        KernelTelemetry.CountAttention("CPU");
        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        GC.KeepAlive(output);
        GC.KeepAlive(logSumExp);
    }

    /// <summary>Queued on torch's own stream: ordered with torch's work, and nothing waits.</summary>
    private static void RunOnCuda(
        Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale, Tensor? logSumExp, Tensor output, in AttentionShape shape)
    {
        CudaDevices.For(q.device_index).Run(
            DeviceInputs.Of(q, shape.QueryLayout),
            DeviceInputs.Of(k, shape.KeyLayout),
            DeviceInputs.Of(v, shape.ValueLayout),
            pattern,
            DeviceInputs.Of(output, shape.LayoutOfQueries(TensorChecks.StridesOf(output))),
            CudaDevices.ElementOf(shape.DType),
            scale,
            logSumExp is null ? 0 : (ulong)TensorPointer.Of(logSumExp));
        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        GC.KeepAlive(output);
        GC.KeepAlive(logSumExp);
    }
}
