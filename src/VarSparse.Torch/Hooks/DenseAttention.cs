using TorchSharp;
using VarSparse.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>
/// What attention is where no hook changes it: torch's own, over all keys. The bias of keys is made once a scale for all layers, because
/// a copy to a GPU can wait for it.
/// </summary>
/// <remarks>
/// Where tokens were left out, numbers of queries and keys are new in every generation. On recent GPUs torch's attention is cuDNN's, which
/// plans each new size for tens of milliseconds, longer than an image of a small model takes. So there our own kernel attends, to which a
/// size is a number like any other.
/// </remarks>
internal sealed class DenseAttention : IDisposable
{
    private static readonly ComputeCapability s_hopper = new(9, 0);

    private readonly DensePattern _pattern = new();
    private ScaleTokens? _tokens;
    private Tensor? _bias;

    public Tensor Run(AttentionContext attention)
    {
        (Tensor q, Tensor k, Tensor v) = (attention.Query, attention.Key, attention.Value);
        Tensor output = attention.Tokens.IsComplete || !TorchPlansSizes(attention)
            ? TorchAttention.Run(q, k, v, Bias(attention), attention.SoftmaxScale)
            : SparseAttention.ApplyOurs(q, k, v, _pattern.Of(attention.Tokens), attention.SoftmaxScale);
        attention.Count(1);
        return output;
    }

    public void Dispose()
    {
        _bias?.Dispose();
        _bias = null;
        _tokens = null;
    }

    /// <summary>True where torch leaves attention to cuDNN, for 16-bit numbers on Hopper or later, and a kernel of ours with tensor cores fits.</summary>
    private static bool TorchPlansSizes(AttentionContext attention) =>
        attention.Query.device_type == DeviceType.CUDA
        && attention.Query.dtype is ScalarType.Float16 or ScalarType.BFloat16
        && attention.Query.size(3) % 16 == 0
        && attention.Query.size(3) <= AttentionChecks.LargestHeadDimension
        && attention.Query.size(2) == attention.Tokens.QueryCount
        && attention.Key.size(2) == attention.Tokens.KeyCount
        && Suits(attention.Query) && Suits(attention.Key) && Suits(attention.Value)
        && CudaDevices.For(attention.Query.device_index).Device.Properties.ComputeCapability >= s_hopper;

    private static bool Suits(Tensor tensor) => tensor.stride(3) == 1 && !(tensor.requires_grad && is_grad_enabled());

    /// <summary>The bias of the keys as a mask [1, 1, 1, Lk], or null.</summary>
    private Tensor? Bias(AttentionContext attention)
    {
        if (attention.Tokens.KeyBiasArray is not { } bias)
            return null;
        if (ReferenceEquals(_tokens, attention.Tokens) && _bias!.dtype == attention.Query.dtype)
            return _bias;
        Dispose();
        using Tensor row = tensor(bias, dtype: attention.Query.dtype);
        using Tensor there = Uploads.To(row, attention.Query.device);
        _bias = there.view(1, 1, 1, bias.Length).DetachFromDisposeScope();
        _tokens = attention.Tokens;
        return _bias;
    }
}
