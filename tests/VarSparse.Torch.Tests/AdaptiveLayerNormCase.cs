using static TorchSharp.torch;

namespace VarSparse.Torch.Tests;

/// <summary>Random tensors of a block: x and branch [2, 5, C], the others [batch, tokens, C]; x is not centred.</summary>
internal sealed class AdaptiveLayerNormCase
{
    public AdaptiveLayerNormCase(long seed, ScalarType dtype, long batch = 2, long tokens = 1, long width = 24)
    {
        manual_seed(seed);
        X = (randn(2, 5, width) + 3).to(dtype);
        Branch = randn(2, 5, width).to(dtype);
        (Gate, Scale, Shift) = (Random(), Random(), Random());

        Tensor Random() => randn(batch, tokens, width).to(dtype);
    }

    public Tensor X { get; }

    public Tensor Branch { get; }

    public Tensor Gate { get; }

    public Tensor Scale { get; }

    public Tensor Shift { get; }
}
