using TorchSharp;
using VarSparse.Attention;
using VarSparse.Kernels;
using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch;

public static partial class SparseAttention
{
    /// <summary>Says what would compute a call, and why nothing that is thought better does. It computes nothing.</summary>
    /// <param name="q">Queries, [B, H, Lq, D].</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="v">Values, [B, H, Lk, D].</param>
    /// <param name="pattern">Which keys each query sees.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="withLogSumExp">True for a call of <see cref="ApplyWithLogSumExp"/>, false for one of <see cref="Apply"/>.</param>
    /// <returns>One line, such as "Ampere kernel used; Hopper kernel not used: ...; torch not used: ...".</returns>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    public static string Explain(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale = null, bool withLogSumExp = false)
    {
        AttentionShape shape = Check(q, k, v, pattern);
        string? whyNotTorch = DenseDispatch.WhyNotDense(pattern, withLogSumExp);
        if (q.device_type != DeviceType.CUDA)
        {
            AttentionChecks.Check(shape.QueryLayout, shape.KeyLayout, shape.ValueLayout, pattern);
            _ = AttentionChecks.Scale(scale, shape.HeadDimension);
            return $"CPU kernel used, with vectors of {CpuAttention.WidestVector} bits; torch not used: {whyNotTorch ?? "the tensors are on the CPU"}";
        }

        CudaAttention device = CudaDevices.For(q.device_index);
        AttentionElement element = CudaDevices.ElementOf(shape.DType);
        KernelExplanation ours = device.Weigh(
            DeviceInputs.Of(q, shape.QueryLayout), DeviceInputs.Of(k, shape.KeyLayout), DeviceInputs.Of(v, shape.ValueLayout),
            pattern, OutputToBe(shape), element, scale);
        return DenseDispatch.Explain(ours, whyNotTorch, element, device.Device.Properties.ComputeCapability);
    }

    /// <summary>True where the call is dense attention that torch computes faster than the best kernel of ours.</summary>
    private static bool UsesTorch(Tensor q, Tensor k, Tensor v, SparsePattern pattern, double? scale, in AttentionShape shape)
    {
        if (q.device_type != DeviceType.CUDA || DenseDispatch.WhyNotDense(pattern, withLogSumExp: false) is not null)
            return false;
        CudaAttention device = CudaDevices.For(q.device_index);
        AttentionElement element = CudaDevices.ElementOf(shape.DType);
        AttentionBackend ours = device.BackendOf(
            DeviceInputs.Of(q, shape.QueryLayout), DeviceInputs.Of(k, shape.KeyLayout), DeviceInputs.Of(v, shape.ValueLayout),
            pattern, OutputToBe(shape), element, scale);
        return DenseDispatch.WhyNotFaster(ours, element, device.Device.Properties.ComputeCapability) is null;
    }

    private static Tensor RunTorch(Tensor q, Tensor k, Tensor v, double? scale)
    {
        using Tensor output = TorchAttention.Run(q, k, v, bias: null, AttentionChecks.Scale(scale, (int)q.size(3)));
        return AttentionResult.InOrderOf(q, output);
    }

    /// <summary>The choice of a kernel asks how rows are aligned: those of new memory are, in either order.</summary>
    private static CudaTensor OutputToBe(in AttentionShape shape) =>
        new(0, AttentionLayout.HeadsFirst(shape.Batch, shape.Heads, shape.QueryLength, shape.HeadDimension));
}
