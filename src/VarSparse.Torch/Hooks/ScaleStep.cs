using VarSparse.Geometry;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>What a model has to compute at a scale. Good until the next scale begins.</summary>
public sealed class ScaleStep
{
    private readonly int[]? _tokens;
    private Tensor? _indices;

    internal ScaleStep(ScaleTokens tokens, bool guided)
    {
        _tokens = tokens.QueryArray;
        Scale = tokens.Scale;
        Grid = tokens.Grid;
        Guided = guided;
    }

    /// <summary>0-based index of the scale.</summary>
    public int Scale { get; }

    /// <summary>The token grid of the scale.</summary>
    public GridSize Grid { get; }

    /// <summary>The tokens to compute, ascending, counted from the scale's first token; null for all of them.</summary>
    public IReadOnlyList<int>? Tokens => _tokens;

    /// <summary>Number of tokens to compute (n).</summary>
    public int TokenCount => _tokens?.Length ?? Grid.TokenCount;

    /// <summary>True if the unconditional branch must run.</summary>
    public bool Guided { get; }

    /// <summary>Takes the tokens to compute out of all tokens of the scale.</summary>
    /// <param name="all">A tensor with one entry a token of the scale in <paramref name="dimension"/>.</param>
    /// <param name="dimension">The dimension of tokens.</param>
    /// <returns>A fresh tensor with n entries there; if all are to be computed, a view of the same memory.</returns>
    /// <exception cref="ArgumentException">The dimension does not have one entry a token.</exception>
    public Tensor Gather(Tensor all, int dimension = 1)
    {
        CheckSize(all, dimension, Grid.TokenCount, nameof(all));
        return _tokens is null ? all.alias() : all.index_select(dimension, Indices(all.device));
    }

    /// <summary>Puts computed tokens back to their places among all tokens of the scale, with zeros at the others.</summary>
    /// <param name="computed">A tensor with n entries in <paramref name="dimension"/>.</param>
    /// <param name="dimension">The dimension of tokens.</param>
    /// <returns>A fresh tensor with one entry a token of the scale there; if all were computed, a view of the same memory.</returns>
    /// <exception cref="ArgumentException">The dimension does not have n entries.</exception>
    public Tensor Scatter(Tensor computed, int dimension = 1)
    {
        CheckSize(computed, dimension, TokenCount, nameof(computed));
        if (_tokens is null)
            return computed.alias();
        long[] shape = computed.shape;
        shape[dimension] = Grid.TokenCount;
        Tensor all = zeros(shape, dtype: computed.dtype, device: computed.device);
        all.index_copy_(dimension, Indices(computed.device), computed);
        return all;
    }

    /// <summary>Writes computed tokens over those of a tensor of all tokens.</summary>
    internal void ScatterInto(Tensor all, Tensor computed, int dimension) =>
        all.index_copy_(dimension, Indices(computed.device), computed);

    internal void Close()
    {
        _indices?.Dispose();
        _indices = null;
    }

    private Tensor Indices(Device device)
    {
        if (_indices is not null && _indices.device_type == device.type && _indices.device_index == device.index)
            return _indices;
        _indices?.Dispose();
        using Tensor onHost = tensor(Array.ConvertAll(_tokens!, token => (long)token));
        _indices = Uploads.To(onHost, device).DetachFromDisposeScope();
        return _indices;
    }

    private static void CheckSize(Tensor tensor, int dimension, long expected, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if ((ulong)dimension >= (ulong)tensor.Dimensions)
            throw new ArgumentException($"dimension: got {dimension}, expected 0 to {tensor.Dimensions - 1} for {TensorChecks.ShapeOf(tensor)}.", nameof(dimension));
        if (tensor.size(dimension) != expected)
            throw TensorChecks.Wrong(name, $"{tensor.size(dimension)} entries in dimension {dimension} of {TensorChecks.ShapeOf(tensor)}", $"{expected}, one a token");
    }
}
