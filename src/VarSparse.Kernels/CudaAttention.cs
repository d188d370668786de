using System.Diagnostics.CodeAnalysis;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Uncovered;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Selection;
using VarSparse.Patterns;
using CudaAccelerator = ILGPU.Runtime.Cuda.CudaAccelerator;

namespace VarSparse.Kernels;

/// <summary>
/// Sparse attention on one CUDA device, on raw device memory. Kernels are compiled on first use; a pattern is copied to the device
/// on first use and stays there as long as it lives. Thread-safe.
/// </summary>
public sealed class CudaAttention : IDisposable
{
    internal const string CompilesKernels = "Kernels are compiled at run time by ILGPU, which reads their IL and emits code.";

    private readonly CudaDevice _device;
    private readonly VariantChoice _choice;
    private readonly DeviceKernels _kernels;
    private readonly ResidentPatterns _patterns;

    internal CudaAttention(CudaDevice device, DiskCacheLocation cache)
    {
        _device = device;
        _choice = new VariantChoice(device.Properties);
        _patterns = new ResidentPatterns(new PatternUpload(device));
        _kernels = new(device, cache);
        Selection = new CudaSelection(device, _kernels);
        Scoring = new CudaScoring(_kernels);
        LayerNorm = new CudaLayerNorm(_kernels);
    }

    /// <summary>Picks keys by the attention that they get, on this device.</summary>
    public CudaSelection Selection { get; }

    /// <summary>Pools, scores and compares what a generation step makes, on this device.</summary>
    public CudaScoring Scoring { get; }

    /// <summary>The steps between attention and the matrix products of a block, on this device.</summary>
    public CudaLayerNorm LayerNorm { get; }

    internal CudaDevice Device => _device;

    /// <summary>Opens a device's primary context, the one that libtorch uses.</summary>
    /// <param name="ordinal">As in torch's <c>cuda:N</c>.</param>
    /// <exception cref="CudaNotAvailableException">This machine has no usable driver or device.</exception>
    [RequiresDynamicCode(CompilesKernels)]
    [RequiresUnreferencedCode(CompilesKernels)]
    public static CudaAttention Open(int ordinal = 0) => new(CudaDevice.Open(ordinal), DiskCacheLocation.Resolve());

    /// <summary>Works in the context of an ILGPU accelerator, on the addresses of its buffers.</summary>
    /// <param name="accelerator">The accelerator; it must outlive the result.</param>
    [RequiresDynamicCode(CompilesKernels)]
    [RequiresUnreferencedCode(CompilesKernels)]
    public static CudaAttention Over(CudaAccelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        return new(CudaDevice.Adopt(accelerator.DeviceId, accelerator.NativePtr), DiskCacheLocation.Resolve());
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
        AttentionParameters toChoose = ToChoose(q, k, v, pattern, output, scale);
        AttentionVariant variant = _choice.Pick(element, q.Layout.HeadDimension, toChoose);
        CudaPattern resident = _patterns.Of(pattern, variant.TakesPairs(toChoose));
        Start(variant, Parameters(q, k, v, resident.Parameters, output, scale, logSumExp), resident, stream);
        GC.KeepAlive(pattern);
    }

    /// <summary>Starts attention over a pattern that lives on the device already; it does not wait for the result.</summary>
    /// <inheritdoc cref="Run"/>
    public void RunResident(
        in CudaTensor q,
        in CudaTensor k,
        in CudaTensor v,
        CudaPattern pattern,
        in CudaTensor output,
        AttentionElement element,
        double? scale = null,
        ulong logSumExp = 0,
        nint stream = 0)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        AttentionChecks.Check(q.Layout, k.Layout, v.Layout, pattern.Sizes);
        AttentionParameters parameters = Parameters(q, k, v, pattern.Parameters, output, scale, logSumExp);
        Start(_choice.Pick(element, q.Layout.HeadDimension, parameters), parameters, pattern, stream);
        GC.KeepAlive(pattern);
    }

    /// <summary>
    /// Makes the pattern of <see cref="CrossScaleLocal.Create"/> in device memory: the host computes sizes, kernels write the lists and
    /// masks, and nobody waits. The pattern holds for every step of that scale, so make it once a resolution.
    /// </summary>
    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="queryScale">0-based scale of the queries; its keys are all tokens up to and including that scale.</param>
    /// <param name="options">Windows, sinks, tile and masking, or null for the defaults.</param>
    /// <param name="stream">The stream that makes it; use it on that stream, or after it. 0 is the default stream, torch's.</param>
    /// <returns>A pattern for all heads, [Lq = tokens of the scale, Lk = tokens through the scale], to be disposed.</returns>
    /// <exception cref="ArgumentException">
    /// There is no such scale, a window is negative other than -1, there is not one window a scale, the tile is not valid, or windows let a tile
    /// see more rows and columns of all scales than a group of threads has shared memory for: thousands.
    /// </exception>
    /// <exception cref="CudaException">The driver refused.</exception>
    public CudaPattern BuildCrossScaleLocal(
        ScaleSchedule schedule, int queryScale, CrossScaleLocalOptions? options = null, nint stream = 0) =>
        CrossScaleLocalPlan.Create(schedule, queryScale, options).Build(_device, _kernels, stream);

    /// <summary>Says which kernel <see cref="Run"/> would use, and for each better one why it does not.</summary>
    /// <inheritdoc cref="Run" path="/param"/>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    public string Explain(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, AttentionElement element, double? scale = null) =>
        Weigh(q, k, v, pattern, output, element, scale).ToString();

    /// <summary>Unloads the kernels and frees the patterns' device memory. The device must be done with what was started.</summary>
    public void Dispose()
    {
        _patterns.Dispose();
        _kernels.Dispose();
        _device.Dispose();
    }

    /// <summary>The kernel that <see cref="Run"/> would use. The pattern is not copied to the device.</summary>
    /// <exception cref="ArgumentException">Sizes or strides do not fit; the message names the argument.</exception>
    /// <exception cref="NotSupportedException">No kernel runs this on the device; the message says why.</exception>
    internal AttentionBackend BackendOf(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, AttentionElement element, double? scale) =>
        _choice.Pick(element, q.Layout.HeadDimension, ToChoose(q, k, v, pattern, output, scale)).Backend;

    /// <summary>What <see cref="Explain"/> says, in parts.</summary>
    internal KernelExplanation Weigh(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, AttentionElement element, double? scale) =>
        _choice.Explain(element, q.Layout.HeadDimension, ToChoose(q, k, v, pattern, output, scale));

    internal LoadedKernel Kernel(AttentionVariant variant) =>
        _kernels.Get(variant.Kernel, variant.Bounds, variant.Backend == AttentionBackend.Hopper);

    private void Start(AttentionVariant variant, in AttentionParameters parameters, CudaPattern pattern, nint stream)
    {
        LaunchShape shape = variant.Shape(parameters);

        // A kernel that cannot be compiled shall fail before the other one has written its part.
        LoadedKernel? ofTiles = shape.GridX > 0 ? Kernel(variant) : null;
        LoadedKernel? ofUncovered = pattern.UncoveredCount > 0
            ? _kernels.Get(UncoveredQueries.Kernel(variant.Element), UncoveredQueries.Bounds)
            : null;
        var arguments = default(LaunchArguments);
        if (ofTiles is not null)
        {
            variant.AddArguments(parameters, shape, ref arguments);
            ofTiles.Launch(shape, arguments, stream);
        }

        if (ofUncovered is not null)
        {
            arguments = default;
            UncoveredQueries.AddArguments(parameters, pattern.UncoveredQueries, variant.HeadDimension, ref arguments);
            ofUncovered.Launch(UncoveredQueries.Shape(parameters, pattern.UncoveredCount), arguments, stream);
        }

        KernelTelemetry.CountAttention(variant.Backend);
    }

    /// <summary>What the choice of a kernel depends on. The pattern's arrays are not there: an address says only that there would be one.</summary>
    private static AttentionParameters ToChoose(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, SparsePattern pattern, in CudaTensor output, double? scale)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        AttentionChecks.Check(q.Layout, k.Layout, v.Layout, pattern);
        var ofPattern = new AttentionParameters
        {
            MaskFragments = pattern.HasTokenMask ? 1u : 0,
            KeyBias = pattern.KeyBias.IsEmpty ? 0 : 1u,
            TileCount = pattern.Tiles.TileCount,
            WordsPerTile = PatternImage.WordsOf(pattern),
        };
        return Parameters(q, k, v, ofPattern, output, scale, logSumExp: 0);
    }

    private static AttentionParameters Parameters(
        in CudaTensor q, in CudaTensor k, in CudaTensor v, in AttentionParameters pattern, in CudaTensor output, double? scale, ulong logSumExp)
    {
        AttentionChecks.CheckOutput(q.Layout, output.Layout);
        return pattern with
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
            ScaleLog2 = PowersOfTwo.Scale(AttentionChecks.Scale(scale, q.Layout.HeadDimension)),
        };
    }
}
