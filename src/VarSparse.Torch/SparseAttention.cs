using TorchSharp;
using VarSparse.Attention;
using VarSparse.Kernels;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;
using BFloat16 = VarSparse.Attention.BFloat16;

namespace VarSparse.Torch;

/// <summary>Sparse attention on TorchSharp tensors: reads and writes their memory in place, with no copy.</summary>
public static class SparseAttention
{
    /// <summary>
    /// Attention over a pattern: out[q] = sum over visible keys k of softmax(scale * q . k + bias_k) v_k, accumulated in float32.
    /// A query that sees no key gives zeros.
    /// </summary>
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
    public static Tensor Apply(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null) =>
        Run(q, k, v, pattern, scale, withLogSumExp: false).Output;

    /// <summary>
    /// The same as <see cref="Apply"/>, with the natural log-sum-exp of each query's visible logits: what is needed to merge the
    /// results of two patterns that share no key. It is minus infinity for a query that sees none.
    /// </summary>
    /// <inheritdoc cref="Apply" path="/param"/>
    /// <returns>The output [B, H, Lq, D] and the log-sum-exp, float32 [B, H, Lq].</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static (Tensor Output, Tensor LogSumExp) ApplyWithLogSumExp(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null)
    {
        (Tensor output, Tensor? logSumExp) = Run(q, k, v, pattern, scale, withLogSumExp: true);
        return (output, logSumExp!);
    }

    private static (Tensor Output, Tensor? LogSumExp) Run(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale, bool withLogSumExp)
    {
        AttentionShape shape = TensorChecks.CheckAttentionInputs(q, k, v);
        ArgumentNullException.ThrowIfNull(pattern);
        TensorChecks.CheckDevice(q, nameof(q));
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
        AttentionLayout queries = Layout(shape, shape.QueryLength, shape.Query);
        AttentionLayout results = Layout(shape, shape.QueryLength, new(output.stride(0), output.stride(1), output.stride(2)));
        CpuAttention.Shared.Run(
            new AttentionInput<T>((T*)TensorPointer.Of(q), queries),
            new AttentionInput<T>((T*)TensorPointer.Of(k), Layout(shape, shape.KeyLength, shape.Key)),
            new AttentionInput<T>((T*)TensorPointer.Of(v), Layout(shape, shape.KeyLength, shape.Value)),
            pattern,
            new AttentionOutput<T>((T*)TensorPointer.Of(output), results),
            scale,
            logSumExp is null ? null : (float*)TensorPointer.Of(logSumExp),
            get_num_threads());
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
            new CudaTensor((ulong)TensorPointer.Of(q), Layout(shape, shape.QueryLength, shape.Query)),
            new CudaTensor((ulong)TensorPointer.Of(k), Layout(shape, shape.KeyLength, shape.Key)),
            new CudaTensor((ulong)TensorPointer.Of(v), Layout(shape, shape.KeyLength, shape.Value)),
            pattern,
            new CudaTensor(
                (ulong)TensorPointer.Of(output),
                Layout(shape, shape.QueryLength, new(output.stride(0), output.stride(1), output.stride(2)))),
            CudaDevices.ElementOf(shape.DType),
            scale,
            logSumExp is null ? 0 : (ulong)TensorPointer.Of(logSumExp));
        GC.KeepAlive(q);
        GC.KeepAlive(k);
        GC.KeepAlive(v);
        GC.KeepAlive(output);
        GC.KeepAlive(logSumExp);
    }

    private static AttentionLayout Layout(in AttentionShape shape, int tokens, TensorStrides strides) =>
        new(shape.Batch, shape.Heads, tokens, shape.HeadDimension, strides.Batch, strides.Head, strides.Token);
}
