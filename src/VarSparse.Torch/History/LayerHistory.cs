using TorchSharp;
using VarSparse.Torch.Interop;
using static TorchSharp.torch;

namespace VarSparse.Torch.History;

/// <summary>
/// The features of one forward pass so far, and what each later layer thinks of them. A layer calls <see cref="Gather"/> for its input
/// and <see cref="Append"/> with its output. It keeps its own references: dispose scopes around single layers do no harm. One pass,
/// one thread.
/// </summary>
public sealed class LayerHistory : IDisposable
{
    // Finite, so that a token without any source has a softmax, which its mask then turns to zeros; far below every logit.
    private const double Hidden = -1e30;

    private readonly HistoryAccumulation _module;
    private readonly List<Source> _sources = [];
    private bool _disposed;

    internal LayerHistory(HistoryAccumulation module) => _module = module;

    /// <summary>How many features there are.</summary>
    public int Count => _sources.Count;

    /// <summary>Adds the features of the next source.</summary>
    /// <param name="features">
    /// [..., D], such as [B, L, D] or [B, frames, joints, D]: shape, dtype and device those of the first features.
    /// </param>
    /// <param name="mask">
    /// Which tokens have features here, bool [...], or null for all. A token without them neither enters a summary nor is attended to,
    /// whatever its values, NaN included: a missing joint, a padded frame, a token that the layer skipped.
    /// </param>
    /// <exception cref="ArgumentException">An argument does not fit; the message names it, what came and what was expected.</exception>
    /// <exception cref="InvalidOperationException">There are as many features as the module has sources.</exception>
    public void Append(Tensor features, Tensor? mask = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Count == _module.Sources)
            throw new InvalidOperationException($"the history has {Count} features, all that its module has sources for");
        CheckFeatures(features);
        if (mask is not null)
            CheckMask(mask, features);

        using DisposeScope scope = NewDisposeScope();
        Tensor kept = mask is null ? features.alias() : features.masked_fill(mask.logical_not().unsqueeze(-1), 0);
        Tensor logits = Logits(kept, mask);
        _sources.Add(new Source(kept.DetachFromDisposeScope(), mask?.alias().DetachFromDisposeScope(), logits.DetachFromDisposeScope()));
    }

    /// <summary>Mixes the features so far for the layer that comes next: h_n of <see cref="HistoryAccumulation"/>.</summary>
    /// <returns>A new tensor [..., D]. Zeros for a token that no source has.</returns>
    /// <exception cref="InvalidOperationException">There are no features yet.</exception>
    public Tensor Gather()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = Weights().to(_module.Queries.dtype);
        Tensor mixture = weights.narrow(-1, 0, 1) * _sources[0].Features;
        for (int i = 1; i < Count; i++)
            mixture = mixture.addcmul(weights.narrow(-1, i, 1), _sources[i].Features, Scalars.Once);
        return mixture.MoveToOuterDisposeScope();
    }

    /// <summary>The weights that <see cref="Gather"/> mixes with, to look at what a layer reads.</summary>
    /// <returns>
    /// A new tensor [..., n] for n features: softmax over the last dimension, size 1 in the pooled dimensions unless there are masks.
    /// In float32, or float64 where the features are.
    /// </returns>
    /// <exception cref="InvalidOperationException">There are no features yet.</exception>
    public Tensor Weights()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Count == 0)
            throw new InvalidOperationException("the history has no features, expected at least 1: append the embedding first");

        using DisposeScope scope = NewDisposeScope();
        // The query for n sources is row n - 2: with a single source there is nothing to choose, and any row gives weight 1.
        int row = Math.Max(Count - 2, 0);
        Tensor[] logits = [.. _sources.Select(source => source.Logits.select(-1, row))];
        if (_sources.All(source => source.Mask is null))
            return stack(logits, -1).softmax(-1).MoveToOuterDisposeScope();

        Tensor present = stack(_sources.Select(source => source.Mask ?? ones(_sources[0].TokenShape, ScalarType.Bool, source.Logits.device)), -1);
        Tensor visible = stack(logits, -1).expand(present.shape).masked_fill(present.logical_not(), Hidden);
        return (visible.softmax(-1) * present).MoveToOuterDisposeScope();
    }

    /// <summary>Releases the features. Gradients that are still to be computed do not need them here.</summary>
    public void Dispose()
    {
        foreach (Source source in _sources)
            source.Dispose();
        _sources.Clear();
        _disposed = true;
    }

    /// <summary>What every later layer thinks of these features, [..., sources - 1]: small, so the summary itself need not be kept.</summary>
    private Tensor Logits(Tensor features, Tensor? mask)
    {
        Tensor summary = Pool(features, mask);
        if (_module.Summaries is { } projections)
            summary = summary.matmul(projections[Count].transpose(0, 1));

        // Sums of squares and the softmax are too coarse in 16 bits.
        ScalarType precision = summary.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        summary = summary.to(precision);
        Tensor inverseNorm = summary.square().mean([-1], keepdim: true).add(_module.Options.Epsilon).rsqrt();
        return (summary * inverseNorm).matmul(_module.Queries.to(precision).transpose(0, 1));
    }

    private Tensor Pool(Tensor features, Tensor? mask)
    {
        long[] dimensions = _module.PooledDimensions;
        if (dimensions.Length == 0)
            return features;
        if (mask is null)
            return features.mean(dimensions, keepdim: true);

        // Hidden tokens are zeros already, so they only must not be counted.
        Tensor present = mask.unsqueeze(-1).to(features.dtype);
        return features.sum(dimensions, keepdim: true) / present.sum(dimensions, keepdim: true).clamp_min(1);
    }

    private void CheckFeatures(Tensor features)
    {
        ArgumentNullException.ThrowIfNull(features);
        if (features.IsInvalid)
            throw TensorChecks.Wrong(nameof(features), "a disposed tensor", "a live one");

        long least = Math.Max(2, _module.PooledDimensions.Select(dimension => dimension + 2).DefaultIfEmpty().Max());
        if (features.Dimensions < least)
        {
            string shape = TensorChecks.ShapeOf(features);
            throw TensorChecks.Wrong(nameof(features), $"{features.Dimensions} dimensions {shape}", $"at least {least}: tokens, those to pool too, and channels");
        }

        if (features.size(-1) != _module.Width)
            throw TensorChecks.Wrong(nameof(features), TensorChecks.ShapeOf(features), $"[..., {_module.Width}], the module's width");
        if (Count > 0 && !features.shape.SequenceEqual(_sources[0].Features.shape))
            throw TensorChecks.Wrong(nameof(features), TensorChecks.ShapeOf(features), $"{TensorChecks.ShapeOf(_sources[0].Features)} as the first features are");
        if (features.dtype != _module.Queries.dtype)
            throw TensorChecks.Wrong(nameof(features), $"{features.dtype}", $"{_module.Queries.dtype} as the module's parameters are");
        if (features.device_type != _module.Queries.device_type || features.device_index != _module.Queries.device_index)
            throw TensorChecks.Wrong(nameof(features), $"a tensor on {features.device}", $"one on {_module.Queries.device} as the module is");
    }

    private static void CheckMask(Tensor mask, Tensor features)
    {
        if (mask.IsInvalid)
            throw TensorChecks.Wrong(nameof(mask), "a disposed tensor", "a live one");
        if (mask.dtype != ScalarType.Bool)
            throw TensorChecks.Wrong(nameof(mask), $"{mask.dtype}", "Bool");
        if (!mask.shape.AsSpan().SequenceEqual(features.shape.AsSpan(..^1)))
        {
            string expected = $"[{string.Join(", ", features.shape[..^1])}] as features are {TensorChecks.ShapeOf(features)}";
            throw TensorChecks.Wrong(nameof(mask), TensorChecks.ShapeOf(mask), expected);
        }

        if (mask.device_type != features.device_type || mask.device_index != features.device_index)
            throw TensorChecks.Wrong(nameof(mask), $"a tensor on {mask.device}", $"one on {features.device} as features are");
    }

    private sealed record Source(Tensor Features, Tensor? Mask, Tensor Logits) : IDisposable
    {
        public long[] TokenShape => Features.shape[..^1];

        public void Dispose()
        {
            Features.Dispose();
            Mask?.Dispose();
            Logits.Dispose();
        }
    }
}
