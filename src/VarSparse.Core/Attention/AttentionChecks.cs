using System.Globalization;
using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>What every backend demands of its inputs, with the messages users read.</summary>
internal static class AttentionChecks
{
    public const int LargestHeadDimension = 256;

    public static void Check(in AttentionLayout q, in AttentionLayout k, in AttentionLayout v, SparsePattern pattern) =>
        Check(q, k, v, PatternSizes.Of(pattern));

    public static void Check(in AttentionLayout q, in AttentionLayout k, in AttentionLayout v, PatternSizes pattern)
    {
        CheckSizes(q, nameof(q));
        CheckSizes(k, nameof(k));
        CheckSizes(v, nameof(v));
        CheckHeadDimension(q, nameof(q));
        CheckAgainstQueries(q, k, nameof(k));
        CheckAgainstQueries(q, v, nameof(v));
        if (v.Tokens != k.Tokens)
            throw new ArgumentException($"v: has {v.Tokens} tokens, expected {k.Tokens}, as many as k.", nameof(v));
        if (q.Tokens != pattern.QueryCount)
            throw new ArgumentException($"q: has {q.Tokens} tokens, expected {pattern.QueryCount}, the pattern's queries.", nameof(q));
        if (k.Tokens != pattern.KeyCount)
            throw new ArgumentException($"k: has {k.Tokens} tokens, expected {pattern.KeyCount}, the pattern's keys.", nameof(k));
        CheckHeadsAndBatch(pattern, q.Batch, q.Heads);
    }

    public static void CheckHeadsAndBatch(SparsePattern pattern, int batch, int heads) =>
        CheckHeadsAndBatch(PatternSizes.Of(pattern), batch, heads);

    private static void CheckHeadsAndBatch(PatternSizes pattern, int batch, int heads)
    {
        if (pattern.HeadCount != 1 && pattern.HeadCount != heads)
            throw new ArgumentException($"pattern: has lists for {pattern.HeadCount} heads, expected {heads} or 1.", nameof(pattern));
        if (pattern.BatchCount != 1 && pattern.BatchCount != batch)
            throw new ArgumentException($"pattern: has lists for {pattern.BatchCount} batch entries, expected {batch} or 1.", nameof(pattern));
    }

    public static void CheckOutput(in AttentionLayout q, in AttentionLayout output)
    {
        CheckSizes(output, nameof(output));
        if ((output.Batch, output.Heads, output.Tokens, output.HeadDimension) != (q.Batch, q.Heads, q.Tokens, q.HeadDimension))
            throw new ArgumentException($"output: got {output}, expected the sizes of q, {q}.", nameof(output));
        if (Overlaps(output))
            throw new ArgumentException($"output: got {output}, expected strides that keep its elements apart.", nameof(output));
    }

    /// <summary>Rows [B, H, tokens, D] and what their means are written to, [B, H, blocks, D].</summary>
    public static void CheckBlockMeans(in AttentionLayout rows, in AttentionLayout means, int tokens, int blocks)
    {
        CheckSizes(rows, nameof(rows));
        CheckHeadDimension(rows, nameof(rows));
        if (rows.Tokens != tokens)
            throw new ArgumentException($"rows: has {rows.Tokens} tokens, expected {tokens}, the plan's.", nameof(rows));
        if ((means.Batch, means.Heads, means.Tokens, means.HeadDimension) != (rows.Batch, rows.Heads, blocks, rows.HeadDimension))
            throw new ArgumentException($"means: got {means}, expected the sizes of rows, {rows}, with {blocks} tokens, one a block.", nameof(means));
        if (blocks > 0 && Overlaps(means))
            throw new ArgumentException($"means: got {means}, expected strides that keep its elements apart.", nameof(means));
    }

    /// <summary>The scale to use: as given, or 1 / sqrt(head dimension).</summary>
    public static double Scale(double? scale, int headDimension)
    {
        double value = scale ?? 1 / Math.Sqrt(headDimension);
        if (!float.IsFinite((float)value))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"scale: got {value}, expected a finite number of float32."), nameof(scale));
        return value;
    }

    private static void CheckHeadDimension(in AttentionLayout layout, string name)
    {
        if (layout.HeadDimension % 8 != 0 || layout.HeadDimension > LargestHeadDimension)
            throw new ArgumentException($"{name}: head dimension is {layout.HeadDimension}, expected a multiple of 8 up to {LargestHeadDimension}.", name);
    }

    private static void CheckSizes(in AttentionLayout layout, string name)
    {
        if (layout.Batch < 1 || layout.Heads < 1 || layout.Tokens < 1 || layout.HeadDimension < 1)
            throw new ArgumentException($"{name}: got {layout}, expected sizes of at least 1.", name);
        if (layout.BatchStride < 0 || layout.HeadStride < 0 || layout.TokenStride < 0)
            throw new ArgumentException($"{name}: got {layout}, expected strides of at least 0.", name);
    }

    /// <summary>True unless the axes nest: each one's stride steps over all that the axes of smaller strides reach.</summary>
    private static bool Overlaps(in AttentionLayout layout)
    {
        Span<(long Stride, int Size)> axes = [(layout.BatchStride, layout.Batch), (layout.HeadStride, layout.Heads), (layout.TokenStride, layout.Tokens)];
        axes.Sort();
        Int128 reach = layout.HeadDimension;
        foreach ((long stride, int size) in axes)
        {
            if (size > 1 && stride < reach)
                return true;
            reach += (Int128)(size - 1) * stride;
        }

        return false;
    }

    private static void CheckAgainstQueries(in AttentionLayout q, in AttentionLayout other, string name)
    {
        if ((other.Batch, other.Heads, other.HeadDimension) != (q.Batch, q.Heads, q.HeadDimension))
        {
            throw new ArgumentException(
                $"{name}: has {other.Batch} batch entries, {other.Heads} heads and head dimension {other.HeadDimension}, expected {q.Batch}, {q.Heads} and {q.HeadDimension}, as q.", name);
        }
    }
}
