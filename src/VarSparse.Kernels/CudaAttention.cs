using System.Runtime.CompilerServices;
using VarSparse.Attention;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels;

/// <summary>
/// Sparse attention on one CUDA device, on raw device memory and torch's default stream. Kernels are compiled on first use; a
/// pattern is copied to the device on first use and stays there as long as it lives. Thread-safe.
/// </summary>
public sealed class CudaAttention : IDisposable
{
    private readonly CudaDevice _device;
    private readonly IlgpuKernelCompiler _compiler = new();
    private readonly KernelCache<AttentionKernelKey> _kernels;
    private readonly ConditionalWeakTable<SparsePattern, UploadedPattern> _patterns = [];
    private readonly ConditionalWeakTable<SparsePattern, UploadedPattern>.CreateValueCallback _upload;

    private CudaAttention(CudaDevice device)
    {
        _device = device;
        _upload = pattern => UploadedPattern.Upload(_device, pattern);
        _kernels = new KernelCache<AttentionKernelKey>(
            new KernelLoader(device, new DiskCache(DiskCacheLocation.Resolve())), key => key.Compile(_compiler));
    }

    internal CudaDevice Device => _device;

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">As in torch's <c>cuda:N</c>.</param>
    /// <exception cref="CudaNotAvailableException">This machine has no usable driver or device.</exception>
    public static CudaAttention Open(int ordinal = 0) => new(CudaDevice.Open(ordinal));

    /// <summary>Starts attention over a pattern on the default stream; it does not wait for the result.</summary>
    /// <param name="q">Queries, [B, H, Lq, D].</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="v">Values, [B, H, Lk, D].</param>
    /// <param name="pattern">Which keys each query sees.</param>
    /// <param name="output">Where to write the result, [B, H, Lq, D].</param>
    /// <param name="element">Element type of all four.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="logSumExp">Device address of float32 [B, H, Lq] contiguous for each query's natural log-sum-exp, or 0.</param>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    /// <exception cref="NotSupportedException">No kernel runs this on the device; the message says why.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    internal void Run(
        in CudaTensor q,
        in CudaTensor k,
        in CudaTensor v,
        SparsePattern pattern,
        in CudaTensor output,
        AttentionElement element,
        double? scale = null,
        ulong logSumExp = 0)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        AttentionChecks.Check(q.Layout, k.Layout, v.Layout, pattern);
        AttentionChecks.CheckOutput(q.Layout, output.Layout);
        int dimension = q.Layout.HeadDimension;
        AttentionParameters parameters = _patterns.GetValue(pattern, _upload).Parameters with
        {
            Queries = q.Address,
            Keys = k.Address,
            Values = v.Address,
            Output = output.Address,
            LogSumExp = logSumExp,
            QueryBatchStride = q.Layout.BatchStride,
            QueryHeadStride = q.Layout.HeadStride,
            QueryTokenStride = q.Layout.TokenStride,
            KeyBatchStride = k.Layout.BatchStride,
            KeyHeadStride = k.Layout.HeadStride,
            KeyTokenStride = k.Layout.TokenStride,
            ValueBatchStride = v.Layout.BatchStride,
            ValueHeadStride = v.Layout.HeadStride,
            ValueTokenStride = v.Layout.TokenStride,
            OutputBatchStride = output.Layout.BatchStride,
            OutputHeadStride = output.Layout.HeadStride,
            OutputTokenStride = output.Layout.TokenStride,
            Batch = q.Layout.Batch,
            Heads = q.Layout.Heads,
            ScaleLog2 = (float)(AttentionChecks.Scale(scale, dimension) * 1.4426950408889634),
        };
        LoadedKernel kernel = _kernels.Get(new AttentionKernelKey(AttentionBackend.Hopper, element, dimension, parameters.KeyBias != 0));
        int stages = HopperAttentionKernel.Stages(kernel.MaxDynamicSharedBytes, dimension);
        int groups = Math.Min(TileWork.Count(parameters, HopperAttentionKernel.Consumers), _device.Properties.MultiprocessorCount);
        var arguments = default(LaunchArguments);
        arguments.Add(parameters);
        arguments.Add(stages);
        kernel.Launch(new LaunchShape(groups, HopperAttentionKernel.Threads, HopperRing.Bytes(stages, HopperAttentionKernel.Consumers, dimension)), arguments);
        GC.KeepAlive(pattern);
    }

    internal LoadedKernel Kernel(AttentionKernelKey key) => _kernels.Get(key);

    /// <summary>Unloads the kernels and frees the patterns' device memory. The device must be done with what was started.</summary>
    public void Dispose()
    {
        foreach ((_, UploadedPattern pattern) in _patterns)
            pattern.Dispose();
        _kernels.Dispose();
        _compiler.Dispose();
        _device.Dispose();
    }
}
