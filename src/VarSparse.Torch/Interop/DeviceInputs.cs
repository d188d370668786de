using VarSparse.Attention;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Tensors on a CUDA device as kernels read them, in place. The caller ends its use with <see cref="GC.KeepAlive"/> of the tensor.</summary>
internal static class DeviceInputs
{
    /// <param name="tensor">[B, H, L, D] with a contiguous last dimension.</param>
    public static CudaTensor Of(Tensor tensor) => Of(tensor, LayoutOf(tensor));

    /// <summary>The same where the layout is known.</summary>
    public static CudaTensor Of(Tensor tensor, in AttentionLayout layout) => new((ulong)TensorPointer.Of(tensor), layout);

    /// <summary>The layout of a tensor [B, H, L, D], on any device.</summary>
    public static AttentionLayout LayoutOf(Tensor tensor)
    {
        TensorStrides strides = TensorChecks.StridesOf(tensor);
        return new((int)tensor.size(0), (int)tensor.size(1), (int)tensor.size(2), (int)tensor.size(3), strides.Batch, strides.Head, strides.Token);
    }
}
