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
    private const double WeightDeviation = 0.02;

    private readonly StackSize _size;
    private readonly IBlockSteps _steps;
    private readonly List<Tensor> _owned = [];
    private readonly Tensor _qkv;
    private readonly Tensor _qkvBias;
    private readonly Tensor _projection;
    private readonly Tensor _projectionBias;
    private readonly Tensor _mlp1;
    private readonly Tensor _mlp1Bias;
    private readonly Tensor _mlp2;
    private readonly Tensor _mlp2Bias;

    private readonly Condition _beforeAttention;
    private readonly Condition _beforeMlp;
    private readonly Tensor _attentionGate;
    private readonly Tensor _mlpGate;

    public Block(StackSize size, int batch, Device device, ScalarType type, IBlockSteps steps)
    {
        (_size, _steps) = (size, steps);
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
        (_beforeAttention, _attentionGate) = (new(OfBatch(), OfBatch()), OfBatch());
        (_beforeMlp, _mlpGate) = (new(OfBatch(), OfBatch()), OfBatch());

        Tensor OfBatch() => Random(batch, 1, size.Width).add_(1);
    }

    /// <summary>What the block's attention is given: x [B, n, C] normalised.</summary>
    public Tensor Normalise(Tensor x) => _steps.Normalise(x, _beforeAttention);

    /// <summary>Adds both branches to x [B, n, C], in place.</summary>
    /// <param name="x">The residual stream, updated.</param>
    /// <param name="normalised">x as <see cref="Normalise"/> gives it.</param>
    /// <param name="next">The block that follows, or null.</param>
    /// <param name="layer">Which block this is.</param>
    /// <param name="generation">Attends.</param>
    /// <returns>The new x as the next block normalises it, or null where there is none.</returns>
    public Tensor? Run(Tensor x, Tensor normalised, Block? next, int layer, VarGeneration generation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor projected = Linear(normalised, _qkv, _qkvBias);
        Tensor[] parts = projected.view(x.size(0), x.size(1), 3, _size.Heads, _size.HeadDimension).permute(2, 0, 3, 1, 4).unbind(0);
        Tensor attended = generation.AttendCached(layer, parts[0], parts[1], parts[2]);

        // A view where attention's result lies as q does, tokens first.
        Tensor joined = attended.transpose(1, 2).reshape(x.shape);
        Tensor hidden = _steps.AddAndNormalise(x, Linear(joined, _projection, _projectionBias), _attentionGate, _beforeMlp);
        Tensor inner = Linear(hidden, _mlp1, _mlp1Bias).gelu_(TorchSharp.Modules.GELU.Approximate.tanh);
        Tensor branch = Linear(inner, _mlp2, _mlp2Bias);
        if (next is not null)
            return _steps.AddAndNormalise(x, branch, _mlpGate, next._beforeAttention).MoveToOuterDisposeScope();
        _steps.Add(x, branch, _mlpGate);
        return null;
    }

    /// <summary>Of two dimensions libtorch's function adds the bias in the product's kernel, of three in one of its own.</summary>
    private static Tensor Linear(Tensor x, Tensor weight, Tensor bias)
    {
        using Tensor products = nn.functional.linear(x.view(-1, x.size(2)), weight, bias);
        return products.view(x.size(0), x.size(1), weight.size(0));
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _owned)
            tensor.Dispose();
    }
}
