using VarSparse.Attention;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>Tensors on the CPU as Core reads them, in place. The caller ends its use with <see cref="GC.KeepAlive"/> of the tensor.</summary>
internal static unsafe class HostInputs
{
    /// <param name="tensor">[B, H, L, D] with a contiguous last dimension.</param>
    public static AttentionInput<T> Of<T>(Tensor tensor)
        where T : unmanaged => new(
            (T*)TensorPointer.Of(tensor),
            new AttentionLayout(
                (int)tensor.size(0), (int)tensor.size(1), (int)tensor.size(2), (int)tensor.size(3), tensor.stride(0), tensor.stride(1), tensor.stride(2)));

    /// <summary>The elements of a contiguous float32 tensor.</summary>
    public static ReadOnlySpan<float> Floats(Tensor tensor) => new((float*)TensorPointer.Of(tensor), checked((int)tensor.numel()));
}
