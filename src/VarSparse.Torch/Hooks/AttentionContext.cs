using VarSparse.Patterns;
using VarSparse.Torch.Hooks.Reports;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>One layer's attention at one scale. The tensors belong to the model; do not dispose or change them.</summary>
public sealed class AttentionContext : ScaleContext
{
    private readonly AttentionLog _log;

    /// <summary>Key and value with so many rows more in front, for an owner; null where they lie in no cache of the generation's.</summary>
    private readonly Func<int, object, KeyRows?>? _rowsBefore;

    internal AttentionContext(
        ScaleTokens tokens,
        HookRecord? record,
        AttentionLog log,
        int layer,
        Tensor query,
        Tensor key,
        Tensor value,
        double softmaxScale,
        Func<int, object, KeyRows?>? rowsBefore)
        : base(tokens, record)
    {
        _log = log;
        _rowsBefore = rowsBefore;
        Layer = layer;
        Query = query;
        Key = key;
        Value = value;
        SoftmaxScale = softmaxScale;
    }

    /// <summary>0-based layer.</summary>
    public int Layer { get; }

    /// <summary>Queries of the computed tokens of the scale, [B, H, Lq, D]; with guidance [2B, ...], conditional first.</summary>
    public Tensor Query { get; }

    /// <summary>Keys of all tokens so far that were computed, [B, H, Lk, D].</summary>
    public Tensor Key { get; }

    /// <summary>Values, [B, H, Lk, D].</summary>
    public Tensor Value { get; }

    /// <summary>Factor on dot products.</summary>
    public double SoftmaxScale { get; }

    /// <summary>Which tokens the queries and keys are, and the bias on keys; the same object for all layers of the scale.</summary>
    public new ScaleTokens Tokens => base.Tokens;

    /// <summary>
    /// Computes attention over a pattern with <see cref="SparseAttention.Apply"/> and counts it under the hook's name. The pattern
    /// must already contain <see cref="ScaleTokens.KeyBias"/>, where there is one.
    /// </summary>
    /// <param name="pattern">A pattern of Lq queries and Lk keys.</param>
    /// <returns>A fresh tensor [B, H, Lq, D].</returns>
    /// <exception cref="ArgumentException">The pattern or the tensors do not fit.</exception>
    public Tensor Apply(SparsePattern pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        Tensor output = SparseAttention.Apply(Query, Key, Value, pattern, SoftmaxScale);
        Count(pattern.Density);
        return output;
    }

    /// <summary>Counts an attention that the hook computed by other means under the hook's name.</summary>
    /// <param name="density">Visible query-key pairs over all pairs of this call, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The density is not between 0 and 1.</exception>
    public void Count(double density)
    {
        if (!(density is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(density), FormattableString.Invariant($"density: got {density}, expected 0 to 1."));
        Record?.Fire();
        _log.Count(Record?.Name ?? AttentionLog.Dense, Query, Key, density);
    }

    /// <summary>The same attention with other tensors, to be passed on to the next step: the hook counts as having fired.</summary>
    /// <param name="query">Queries, [B, H, Lq, D].</param>
    /// <param name="key">Keys, [B, H, Lk, D].</param>
    /// <param name="value">Values, [B, H, Lk, D].</param>
    public AttentionContext With(Tensor query, Tensor key, Tensor value)
    {
        Record?.Fire();
        return new(Tokens, Record, _log, Layer, query, key, value, SoftmaxScale, rowsBefore: null);
    }

    /// <summary>
    /// <see cref="Key"/> and <see cref="Value"/> with rows more in front of the tokens, which the hook may fill with keys that are no tokens.
    /// Ask for the room with <see cref="GenerationContext.ReserveRowsBefore"/> when the generation begins.
    /// </summary>
    /// <param name="rows">How many rows, at least 0.</param>
    /// <returns>
    /// Views that the caller disposes; null where the tensors are not those of the generation's own cache (the model has one of its own, or
    /// another hook replaced them), or there is not as much room.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public KeyRows? WithRowsBefore(int rows)
    {
        if (rows < 0)
            throw new ArgumentOutOfRangeException(nameof(rows), $"rows: got {rows}, expected at least 0.");
        return _rowsBefore?.Invoke(rows, Record!);
    }

    internal AttentionContext For(HookRecord? record) => new(Tokens, record, _log, Layer, Query, Key, Value, SoftmaxScale, _rowsBefore);
}
