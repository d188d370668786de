using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// A checked tensor [B, n, C], or one that broadcasts to that, with its strides in elements: 0 where it has a single row for all, whatever
/// stride torch gives that one.
/// </summary>
internal readonly record struct TensorRows(Tensor Tensor, long BatchStride, long TokenStride, bool IsContiguous)
{
    /// <summary>What the 32-bit byte strides of kernels reach, in elements of four bytes.</summary>
    private const long MostStride = uint.MaxValue / sizeof(float);

    /// <summary>True where kernels can read the rows.</summary>
    public bool Suit => IsContiguous && BatchStride <= MostStride && TokenStride <= MostStride;

    /// <summary>Where they lie on the device. The caller ends its use with <see cref="GC.KeepAlive"/> of the tensor.</summary>
    public CudaRows OnDevice => new((ulong)TensorPointer.Of(Tensor), BatchStride, TokenStride);

    /// <param name="tensor">The tensor.</param>
    /// <param name="batch">Its first size.</param>
    /// <param name="tokens">Its second size.</param>
    /// <param name="width">Its last size.</param>
    public static TensorRows Of(Tensor tensor, long batch, long tokens, long width) => new(
        tensor,
        batch == 1 ? 0 : tensor.stride(0),
        tokens == 1 ? 0 : tensor.stride(1),
        width == 1 || tensor.stride(2) == 1);
}
