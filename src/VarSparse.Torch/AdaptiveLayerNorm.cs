using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch;

/// <summary>
/// Adaptive layer normalisation and the gated residuals around it, as blocks of DiT (adaLN, arXiv 2212.09748) and VAR (arXiv 2404.02905)
/// have them: y = LN(x) * (1 + scale) + shift, and x += branch * gate. LN has no weights of its own. On CUDA each call is one kernel; on the
/// CPU, and where no kernel runs, torch's own operations compute the same. For inference: tensors that require a gradient are refused
/// where gradients are enabled.
/// </summary>
/// <remarks>
/// <para>
/// Kernels run on CUDA tensors of float32, float16 or bfloat16 whose rows of C elements are contiguous, and where branch has x's dtype. They
/// go through memory once where rows start at multiples of 16 bytes and have whole ones, 32 KiB at most; other rows take longer. All work is
/// queued on torch's stream and nothing waits.
/// </para>
/// <para>
/// Where x is updated it shares no memory with the others, but that branch may be x itself.
/// </para>
/// <para>
/// Arithmetic is float32. The new x is rounded once, as by torch's addcmul, and normalised as it is stored, so it is what single operations
/// give; of y only the result is rounded, where single operations round the normalised x, too.
/// </para>
/// </remarks>
public static class AdaptiveLayerNorm
{
    /// <summary>LN(x) * (1 + scale) + shift.</summary>
    /// <param name="x">The residual stream, [B, n, C].</param>
    /// <param name="scale">Factors, [B, 1, C], of x's dtype and device; 1 for B or n broadcasts, so [1, 1, C] and [B, n, C] do too.</param>
    /// <param name="shift">Addends, in a shape that scale may have.</param>
    /// <param name="eps">What LN adds to the variance.</param>
    /// <param name="onePlusScale">False for LN(x) * scale + shift: where 1 has been added to scale already.</param>
    /// <returns>A new tensor [B, n, C] of x's dtype.</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static Tensor Apply(Tensor x, Tensor scale, Tensor shift, double eps = 1e-6, bool onePlusScale = true)
    {
        RowsShape shape = RowsShape.Of(x);
        TensorRows rows = shape.Rows(x), scales = shape.CheckBroadcast(scale, nameof(scale)), shifts = shape.CheckBroadcast(shift, nameof(shift));
        if (!shape.HasKernels || !rows.Suit || !scales.Suit || !shifts.Suit)
            return ByTorch(x, scale, shift, eps, onePlusScale);
        Tensor output = Empty(x, shape);
        try
        {
            CudaDevices.For(shape.DeviceIndex).LayerNorm.Modulate(
                rows.OnDevice, new(scales.OnDevice, shifts.OnDevice, eps, onePlusScale), shape.Rows(output).OnDevice, shape.Sizes);
        }
        catch
        {
            output.Dispose();
            throw;
        }

        KeepAlive(x, scale, shift);
        return output;
    }

    /// <summary>x += branch * gate, in place.</summary>
    /// <param name="x">The residual stream, [B, n, C], updated.</param>
    /// <param name="branch">What attention or the feed-forward layers gave, [B, n, C], on x's device.</param>
    /// <param name="gate">Factors on it, [B, 1, C], of x's dtype and device; 1 for B or n broadcasts.</param>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static void AddGated(Tensor x, Tensor branch, Tensor gate)
    {
        RowsShape shape = RowsShape.Of(x);
        TensorRows rows = shape.Rows(x), branches = shape.CheckLike(branch, nameof(branch)), gates = shape.CheckBroadcast(gate, nameof(gate));
        shape.CheckApart(rows);
        if (!CanAdd(shape, rows, branches, gates))
        {
            x.addcmul_(branch, gate, Scalars.Once);
            return;
        }

        CudaDevices.For(shape.DeviceIndex).LayerNorm.AddGated(rows.OnDevice, branches.OnDevice, gates.OnDevice, shape.Sizes);
        KeepAlive(x, branch, gate);
    }

    /// <summary><see cref="AddGated"/>, and <see cref="Apply"/> of the new x: the residual of one branch and the input of the next.</summary>
    /// <param name="x">The residual stream, [B, n, C], updated.</param>
    /// <param name="branch">What attention or the feed-forward layers gave, [B, n, C], on x's device.</param>
    /// <param name="gate">Factors on it, [B, 1, C], of x's dtype and device; 1 for B or n broadcasts.</param>
    /// <param name="scale">Factors on the normalised x, in a shape that gate may have.</param>
    /// <param name="shift">Addends, likewise.</param>
    /// <param name="eps">What LN adds to the variance.</param>
    /// <param name="onePlusScale">False for LN(x) * scale + shift: where 1 has been added to scale already.</param>
    /// <returns>A new tensor [B, n, C] of x's dtype.</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static Tensor AddGatedAndApply(
        Tensor x, Tensor branch, Tensor gate, Tensor scale, Tensor shift, double eps = 1e-6, bool onePlusScale = true)
    {
        RowsShape shape = RowsShape.Of(x);
        TensorRows rows = shape.Rows(x), branches = shape.CheckLike(branch, nameof(branch)), gates = shape.CheckBroadcast(gate, nameof(gate));
        TensorRows scales = shape.CheckBroadcast(scale, nameof(scale)), shifts = shape.CheckBroadcast(shift, nameof(shift));
        shape.CheckApart(rows);
        if (!CanAdd(shape, rows, branches, gates) || !scales.Suit || !shifts.Suit)
        {
            AddGated(x, branch, gate);
            return Apply(x, scale, shift, eps, onePlusScale);
        }

        Tensor output = Empty(x, shape);
        try
        {
            CudaDevices.For(shape.DeviceIndex).LayerNorm.AddGatedAndModulate(
                rows.OnDevice, branches.OnDevice, gates.OnDevice, new(scales.OnDevice, shifts.OnDevice, eps, onePlusScale), shape.Rows(output).OnDevice,
                shape.Sizes);
        }
        catch
        {
            output.Dispose();
            throw;
        }

        KeepAlive(x, branch, gate);
        KeepAlive(scale, shift, output);
        return output;
    }

    /// <summary>Whether a kernel can update x.</summary>
    private static bool CanAdd(in RowsShape shape, in TensorRows x, in TensorRows branch, in TensorRows gate) =>
        shape.HasKernels && x.Suit && branch.Suit && gate.Suit && branch.Tensor.dtype == shape.DType;

    private static Tensor Empty(Tensor x, in RowsShape shape) => empty(shape.Batch, shape.Tokens, shape.Width, dtype: shape.DType, device: x.device);

    private static Tensor ByTorch(Tensor x, Tensor scale, Tensor shift, double eps, bool onePlusScale)
    {
        using Tensor normalised = nn.functional.layer_norm(x, [x.size(2)], eps: eps);
        if (!onePlusScale)
            return addcmul(shift, normalised, scale, Scalars.Once);
        using Tensor factor = scale.add(Scalars.Once);
        return addcmul(shift, normalised, factor, Scalars.Once);
    }

    private static void KeepAlive(Tensor first, Tensor second, Tensor third)
    {
        GC.KeepAlive(first);
        GC.KeepAlive(second);
        GC.KeepAlive(third);
    }
}
