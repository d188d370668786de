using VarSparse.Patterns;
using VarSparse.Torch.Hooks.Reports;
using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>One layer's attention at one scale. The tensors belong to the model; do not dispose or change them.</summary>
public sealed class AttentionContext : ScaleContext
{
    private readonly AttentionLog _log;

    /// <summary>Null where keys and values lie in no cache of the generation's.</summary>
    private readonly RowsBefore? _rowsBefore;

    internal AttentionContext(
        ScaleTokens tokens,
        HookRecord? record,
        AttentionLog log,
        int layer,
        int firstHead,
        Tensor query,
        Tensor key,
        Tensor value,
        double softmaxScale,
        RowsBefore? rowsBefore)
        : base(tokens, record)
    {
        _log = log;
        _rowsBefore = rowsBefore;
        Layer = layer;
        FirstHead = firstHead;
        Query = query;
        Key = key;
        Value = value;
        SoftmaxScale = softmaxScale;
    }

    /// <summary>0-based layer.</summary>
    public int Layer { get; }

    /// <summary>
    /// 0-based head of the layer that comes first in the tensors. They have all heads of the layer unless a hook before took some for itself
    /// with <see cref="SplitByHead"/>: then a layer is several calls, each with heads side by side.
    /// </summary>
    public int FirstHead { get; }

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
        return new(Tokens, Record, _log, Layer, FirstHead, query, key, value, SoftmaxScale, rowsBefore: null);
    }

    /// <summary>
    /// Computes some heads by one step and the others by another. Heads side by side that go the same way are one call, on views of the
    /// tensors; so chosen heads that lie scattered cost a call for each group of neighbours.
    /// </summary>
    /// <param name="heads">Which heads, the same at every scale; null for all of them.</param>
    /// <param name="chosen">Computes these heads.</param>
    /// <param name="others">Computes the others: what the hooks after this one do.</param>
    /// <returns>A tensor [B, H, Lq, D]: what a step returned where all heads go the same way, and else a fresh one.</returns>
    /// <exception cref="InvalidOperationException">A step returned something else than its output.</exception>
    public Tensor SplitByHead(HeadChoice? heads, AttentionStep chosen, AttentionStep others)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        ArgumentNullException.ThrowIfNull(others);
        return heads is null ? chosen(this) : HeadSplit.Run(this, Record!.Name, heads, chosen, others);
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
        return _rowsBefore?.Invoke(rows, Record!, FirstHead, (int)Key.size(1));
    }

    internal AttentionContext For(HookRecord? record) => new(Tokens, record, _log, Layer, FirstHead, Query, Key, Value, SoftmaxScale, _rowsBefore);

    /// <summary>The same attention of some heads only, given views of them.</summary>
    internal AttentionContext OfHeads(int firstHead, Tensor query, Tensor key, Tensor value) =>
        new(Tokens, Record, _log, Layer, firstHead, query, key, value, SoftmaxScale, _rowsBefore);
}
