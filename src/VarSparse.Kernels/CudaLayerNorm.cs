using VarSparse.Kernels.Normalisation;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels;

/// <summary>
/// The element-wise steps of a transformer block with adaptive layer normalisation (adaLN of DiT, arXiv 2212.09748; VAR, arXiv
/// 2404.02905), a kernel each. Reached by <see cref="CudaAttention.LayerNorm"/>. Thread-safe; nothing here waits for the device.
/// </summary>
/// <remarks>
/// Sums are float32, the variance that of the differences from the mean; a result is rounded once. Rows of which all start at multiples of
/// 16 bytes, are whole multiples of 16 bytes long and at most 32 KiB are read once; others are read element by element, several times. Where x is
/// updated it shares no memory with the others, but that branch may be x itself.
/// </remarks>
public sealed class CudaLayerNorm
{
    private readonly DeviceKernels _kernels;

    internal CudaLayerNorm(DeviceKernels kernels) => _kernels = kernels;

    /// <summary>Starts output = LN(x) * scale + shift.</summary>
    /// <param name="x">Rows to normalise.</param>
    /// <param name="modulation">Scale and shift.</param>
    /// <param name="output">Where to write the result; it may be x.</param>
    /// <param name="sizes">Sizes and element type.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <exception cref="ArgumentException">A size is below 1 or more than a grid has, rows that are written lie in one place, or a stride is beyond 32 bits of bytes.</exception>
    /// <exception cref="CudaException">The driver refused; the message names the kernel and the launch.</exception>
    public void Modulate(in CudaRows x, in CudaModulation modulation, in CudaRows output, in CudaRowSizes sizes, nint stream = 0) =>
        _kernels.Start(LayerNormLaunches.Modulate(x, modulation, output, sizes), stream);

    /// <summary>Starts x += branch * gate, in place: a product and its sum rounded once, as torch's addcmul does.</summary>
    /// <param name="x">The residual stream, updated.</param>
    /// <param name="branch">What a block's branch gave.</param>
    /// <param name="gate">Factors on it; strides of 0 broadcast.</param>
    /// <param name="sizes">Sizes and element type.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <inheritdoc cref="Modulate" path="/exception"/>
    public void AddGated(in CudaRows x, in CudaRows branch, in CudaRows gate, in CudaRowSizes sizes, nint stream = 0) =>
        _kernels.Start(LayerNormLaunches.AddGated(x, branch, gate, sizes), stream);

    /// <summary>
    /// Starts x += branch * gate, in place, and of the new x, rounded as it is stored, output = LN(x) * scale + shift: the residual of one
    /// branch and the input of the next.
    /// </summary>
    /// <param name="x">The residual stream, updated.</param>
    /// <param name="branch">What a block's branch gave.</param>
    /// <param name="gate">Factors on it; strides of 0 broadcast.</param>
    /// <param name="modulation">Scale and shift of the normalisation.</param>
    /// <param name="output">Where to write the result; other memory than x.</param>
    /// <param name="sizes">Sizes and element type.</param>
    /// <param name="stream">The stream to start it on; 0 is the default stream, torch's.</param>
    /// <inheritdoc cref="Modulate" path="/exception"/>
    public void AddGatedAndModulate(
        in CudaRows x, in CudaRows branch, in CudaRows gate, in CudaModulation modulation, in CudaRows output, in CudaRowSizes sizes, nint stream = 0) =>
        _kernels.Start(LayerNormLaunches.AddGatedAndModulate(x, branch, gate, modulation, output, sizes), stream);
}
