using TorchSharp;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>
/// A transformer block: normalisation shifted and scaled by a condition, attention over all scales so far, feed-forward layers of four
/// times the width. Infinity's cross-attention to the text, its rotary embeddings and its normalisation of q and k are left out.
/// </summary>
internal sealed class Block : IDisposable
{
    private const double Eps = 1e-6;
    private const double WeightDeviation = 0.02;

    /// <summary>Made once: a number makes an object of torch's at every call.</summary>
    private static readonly Scalar s_once = 1;

    private readonly StackSize _size;
    private readonly List<Tensor> _owned = [];
    private readonly Tensor _qkv;
    private readonly Tensor _qkvBias;
    private readonly Tensor _projection;
    private readonly Tensor _projectionBias;
    private readonly Tensor _mlp1;
    private readonly Tensor _mlp1Bias;
    private readonly Tensor _mlp2;
    private readonly Tensor _mlp2Bias;

    /// <summary>Factor, shift and gain of attention's branch, then of the other one, each [B, 1, C].</summary>
    private readonly Tensor[] _condition;

    public Block(StackSize size, int batch, Device device, ScalarType type)
    {
        _size = size;
        Tensor Random(params long[] shape)
        {
            Tensor made = randn(shape, dtype: type, device: device).mul_(WeightDeviation).DetachFromDisposeScope();
            _owned.Add(made);
            return made;
        }

        (_qkv, _qkvBias) = (Random(3 * size.Width, size.Width), Random(3 * size.Width));
        (_projection, _projectionBias) = (Random(size.Width, size.Width), Random(size.Width));
        (_mlp1, _mlp1Bias) = (Random(size.MlpWidth, size.Width), Random(size.MlpWidth));
        (_mlp2, _mlp2Bias) = (Random(size.Width, size.MlpWidth), Random(size.Width));
        _condition = [.. Enumerable.Range(0, 6).Select(_ => Random(batch, 1, size.Width).add_(1))];
    }

    /// <summary>Adds both branches to x [B, n, C], in place.</summary>
    public void Run(Tensor x, int layer, VarGeneration generation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor projected = nn.functional.linear(Normalised(x, _condition[0], _condition[1]), _qkv, _qkvBias);
        Tensor[] parts = projected.view(x.size(0), x.size(1), 3, _size.Heads, _size.HeadDimension).permute(2, 0, 3, 1, 4).unbind(0);
        Tensor attended = generation.AttendCached(layer, parts[0], parts[1], parts[2]);
        Tensor joined = attended.transpose(1, 2).reshape(x.shape);
        x.addcmul_(nn.functional.linear(joined, _projection, _projectionBias), _condition[2], s_once);
        Tensor hidden = nn.functional.linear(Normalised(x, _condition[3], _condition[4]), _mlp1, _mlp1Bias);
        hidden.gelu_(TorchSharp.Modules.GELU.Approximate.tanh);
        x.addcmul_(nn.functional.linear(hidden, _mlp2, _mlp2Bias), _condition[5], s_once);
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
            tensor.Dispose();
    }

    private static Tensor Normalised(Tensor x, Tensor factor, Tensor shift) =>
        addcmul(shift, nn.functional.layer_norm(x, [x.size(2)], eps: Eps), factor, s_once);
}
