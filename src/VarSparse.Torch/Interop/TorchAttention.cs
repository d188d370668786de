using VarSparse.Kernels.Runtime;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Torch's own attention, with a scale.</summary>
internal static class TorchAttention
{
    /// <param name="q">[B, H, Lq, D].</param>
    /// <param name="k">[B, H, Lk, D].</param>
    /// <param name="v">[B, H, Lk, D].</param>
    /// <param name="bias">What is added to logits, in a shape that broadcasts to [B, H, Lq, Lk], or null.</param>
    /// <param name="scale">Factor on dot products.</param>
    /// <returns>[B, H, Lq, D], in a memory order that depends on which of its kernels torch took.</returns>
    public static Tensor Run(Tensor q, Tensor k, Tensor v, Tensor? bias, double scale)
    {
        double ownScale = 1 / Math.Sqrt(q.size(3));

        // TorchSharp's function has no scale argument: it always multiplies by 1 / sqrt(D).
        using Tensor? scaled = scale == ownScale ? null : q * (scale / ownScale);
        Tensor output = nn.functional.scaled_dot_product_attention(scaled ?? q, k, v, bias);
        KernelTelemetry.CountAttention("torch");
        return output;
    }
}
