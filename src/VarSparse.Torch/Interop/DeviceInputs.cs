using VarSparse.Attention;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Tensors on a CUDA device as kernels read them, in place. The caller ends its use with <see cref="GC.KeepAlive"/> of the tensor.</summary>
internal static class DeviceInputs
{
    /// <param name="tensor">[B, H, L, D] with a contiguous last dimension.</param>
    public static CudaTensor Of(Tensor tensor) => Of(
        tensor,
        new AttentionLayout(
            (int)tensor.size(0), (int)tensor.size(1), (int)tensor.size(2), (int)tensor.size(3), tensor.stride(0), tensor.stride(1), tensor.stride(2)));

    /// <summary>The same where the layout is known.</summary>
    public static CudaTensor Of(Tensor tensor, in AttentionLayout layout) => new((ulong)TensorPointer.Of(tensor), layout);

    public static AttentionElement ElementOf(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float32 => AttentionElement.Float32,
        ScalarType.Float16 => AttentionElement.Float16,
        _ => AttentionElement.BFloat16,
    };
}
