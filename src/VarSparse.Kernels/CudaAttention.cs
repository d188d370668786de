using System.Reflection;
using System.Runtime.CompilerServices;
using VarSparse.Attention;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Uncovered;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;
using CudaAccelerator = ILGPU.Runtime.Cuda.CudaAccelerator;

namespace VarSparse.Kernels;

/// <summary>
/// Sparse attention on one CUDA device, on raw device memory. Kernels are compiled on first use; a pattern is copied to the device
/// on first use and stays there as long as it lives. Thread-safe.
/// </summary>
public sealed class CudaAttention : IDisposable
{
    private readonly CudaDevice _device;
    private readonly IlgpuKernelCompiler _compiler = new();
    private readonly VariantChoice _choice;
    private readonly KernelCache<(MethodInfo Method, LaunchBounds Bounds, bool IsHopper)> _kernels;
    private readonly ConditionalWeakTable<SparsePattern, UploadedPattern> _patterns = [];
    private readonly ConditionalWeakTable<SparsePattern, UploadedPattern>.CreateValueCallback _upload;

    private CudaAttention(CudaDevice device)
    {
        _device = device;
        _choice = new VariantChoice(device.Properties);
        _upload = pattern => UploadedPattern.Upload(_device, pattern);
        _kernels = new(new KernelLoader(device, new DiskCache(DiskCacheLocation.Resolve())), Compile);
    }

    internal CudaDevice Device => _device;

    /// <summary>Opens a device's primary context, the one that libtorch uses.</summary>
    /// <param name="ordinal">As in torch's <c>cuda:N</c>.</param>
    /// <exception cref="CudaNotAvailableException">This machine has no usable driver or device.</exception>
    public static CudaAttention Open(int ordinal = 0) => new(CudaDevice.Open(ordinal));

    /// <summary>Works in the context of an ILGPU accelerator, on the addresses of its buffers.</summary>
    /// <param name="accelerator">The accelerator; it must outlive the result.</param>
    public static CudaAttention Over(CudaAccelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        return new(CudaDevice.Adopt(accelerator.DeviceId, accelerator.NativePtr));
    }

    /// <summary>Starts attention over a pattern; it does not wait for the result.</summary>
    /// <param name="q">Queries, [B, H, Lq, D]; D a multiple of 8, at most 256.</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="v">Values, [B, H, Lk, D].</param>
    /// <param name="pattern">Which keys each query sees.</param>
    /// <param name="output">Where to write the result, [B, H, Lq, D]; all of it is written.</param>
    /// <param name="element">Element type of all four.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="logSumExp">Device address of float32 [B, H, Lq] contiguous for each query's natural log-sum-exp, or 0.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    /// <exception cref="NotSupportedException">No kernel runs this on the device; the message says why.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void Run(
        in CudaTensor q,
        in CudaTensor k,
        in CudaTensor v,
        SparsePattern pattern,
        in CudaTensor output,
        AttentionElement element,
        double? scale = null,
        ulong logSumExp = 0,
        nint stream = 0)
    {
        AttentionParameters parameters = Parameters(q, k, v, pattern, output, scale, logSumExp, out UploadedPattern uploaded);
        AttentionVariant variant = _choice.Pick(element, q.Layout.HeadDimension, parameters);
        LaunchShape shape = variant.Shape(parameters);
        var arguments = default(LaunchArguments);
        if (shape.GridX > 0)
        {
            variant.AddArguments(parameters, ref arguments);
            Kernel(variant).Launch(shape, arguments, stream);
        }

        if (uploaded.UncoveredCount > 0)
        {
            arguments = default;
            UncoveredQueries.AddArguments(parameters, uploaded.UncoveredQueries, q.Layout.HeadDimension, ref arguments);
            _kernels.Get((UncoveredQueries.Kernel(element), UncoveredQueries.Bounds, false))
                .Launch(UncoveredQueries.Shape(parameters, uploaded.UncoveredCount), arguments, stream);
        }

        GC.KeepAlive(pattern);
    }

    /// <summary>Says which kernel <see cref="Run"/> would use, and for each better one why it does not.</summary>
    /// <inheritdoc cref="Run" path="/param"/>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    public string Explain(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, AttentionElement element, double? scale = null) =>
        _choice.Explain(element, q.Layout.HeadDimension, Parameters(q, k, v, pattern, output, scale, logSumExp: 0, out _));

    /// <summary>Unloads the kernels and frees the patterns' device memory. The device must be done with what was started.</summary>
    public void Dispose()
    {
        foreach ((_, UploadedPattern pattern) in _patterns)
            pattern.Dispose();
        _kernels.Dispose();
        _compiler.Dispose();
        _device.Dispose();
    }

    internal LoadedKernel Kernel(AttentionVariant variant) =>
        _kernels.Get((variant.Kernel, variant.Bounds, variant.Backend == AttentionBackend.Hopper));

    private KernelSource Compile((MethodInfo Method, LaunchBounds Bounds, bool IsHopper) key)
    {
        ComputeCapability capability = _device.Properties.ComputeCapability;
        var target = new PtxTarget(capability.Major, capability.Minor, ArchitectureSpecific: key.IsHopper);
        PtxKernel kernel = _compiler.Compile(key.Method, target, key.Bounds);
        return new KernelSource(kernel.Text, kernel.EntryName);
    }

    private AttentionParameters Parameters(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, double? scale, ulong logSumExp, out UploadedPattern uploaded)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        AttentionChecks.Check(q.Layout, k.Layout, v.Layout, pattern);
        AttentionChecks.CheckOutput(q.Layout, output.Layout);
        uploaded = _patterns.GetValue(pattern, _upload);
        return uploaded.Parameters with
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
            ScaleLog2 = (float)(AttentionChecks.Scale(scale, q.Layout.HeadDimension) * 1.4426950408889634),
        };
    }
}
