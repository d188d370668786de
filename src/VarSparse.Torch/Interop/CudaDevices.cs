using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using VarSparse.Kernels;
using static TorchSharp.torch;

namespace VarSparse.Torch.Interop;

/// <summary>
/// The kernels and uploaded patterns of each device that tensors came from. They live as long as the process, like libtorch's own
/// context and caches, so that a static face can find them.
/// </summary>
internal static class CudaDevices
{
    private static readonly ConcurrentDictionary<int, Lazy<CudaAttention>> Opened = [];

    /// <summary>What kernels call a dtype that has been checked: float32, float16 or bfloat16.</summary>
    public static AttentionElement ElementOf(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => AttentionElement.Float32,
        ScalarType.Float16 => AttentionElement.Float16,
        _ => AttentionElement.BFloat16,
    };

    /// <exception cref="VarSparse.Kernels.Runtime.CudaNotAvailableException">The driver cannot be used; the message says why.</exception>
    public static CudaAttention For(int device)
    {
        // A tensor on "cuda" without a number is on device 0 here, as it is for libtorch unless somebody changed the current device.
        Lazy<CudaAttention> attention = Opened.GetOrAdd(Math.Max(device, 0), static ordinal => new(() => Open(ordinal)));
        try
        {
            return attention.Value;
        }
        catch
        {
            // Not remembered: the next call tries again.
            Opened.TryRemove(KeyValuePair.Create(Math.Max(device, 0), attention));
            throw;
        }
    }

    private static CudaAttention Open(int ordinal) => RuntimeFeature.IsDynamicCodeSupported
        ? CudaAttention.Open(ordinal)
        : throw new PlatformNotSupportedException(
            "CUDA tensors need kernels compiled at run time, and this program was published as native AOT; publish it without PublishAot.");
}
