using System.Globalization;
using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>What every backend demands of its inputs, with the messages users read.</summary>
internal static class AttentionChecks
{
    public const int LargestHeadDimension = 256;

    public static void Check(in AttentionLayout q, in AttentionLayout k, in AttentionLayout v, SparsePattern pattern)
    {
        CheckSizes(q, nameof(q));
        CheckSizes(k, nameof(k));
        CheckSizes(v, nameof(v));
        if (q.HeadDimension % 8 != 0 || q.HeadDimension > LargestHeadDimension)
            throw new ArgumentException($"q: head dimension is {q.HeadDimension}, expected a multiple of 8 up to {LargestHeadDimension}.", nameof(q));
        CheckAgainstQueries(q, k, nameof(k));
        CheckAgainstQueries(q, v, nameof(v));
        if (v.Tokens != k.Tokens)
            throw new ArgumentException($"v: has {v.Tokens} tokens, expected {k.Tokens}, as many as k.", nameof(v));
        if (q.Tokens != pattern.QueryCount)
            throw new ArgumentException($"q: has {q.Tokens} tokens, expected {pattern.QueryCount}, the pattern's queries.", nameof(q));
        if (k.Tokens != pattern.KeyCount)
            throw new ArgumentException($"k: has {k.Tokens} tokens, expected {pattern.KeyCount}, the pattern's keys.", nameof(k));
        if (pattern.HeadCount != 1 && pattern.HeadCount != q.Heads)
            throw new ArgumentException($"pattern: has lists for {pattern.HeadCount} heads, expected {q.Heads} or 1.", nameof(pattern));
        if (pattern.BatchCount != 1 && pattern.BatchCount != q.Batch)
            throw new ArgumentException($"pattern: has lists for {pattern.BatchCount} batch entries, expected {q.Batch} or 1.", nameof(pattern));
    }

    public static void CheckOutput(in AttentionLayout q, in AttentionLayout output)
    {
        CheckSizes(output, nameof(output));
        if ((output.Batch, output.Heads, output.Tokens, output.HeadDimension) != (q.Batch, q.Heads, q.Tokens, q.HeadDimension))
            throw new ArgumentException($"output: got {output}, expected the sizes of q, {q}.", nameof(output));
        bool overlaps = output.TokenStride < output.HeadDimension && output.Tokens > 1;
        overlaps |= output.HeadStride < output.HeadDimension && output.Heads > 1;
        overlaps |= output.BatchStride < output.HeadDimension && output.Batch > 1;
        if (overlaps)
            throw new ArgumentException($"output: got {output}, expected strides that keep its elements apart.", nameof(output));
    }

    /// <summary>The scale to use: as given, or 1 / sqrt(head dimension).</summary>
    public static float Scale(double? scale, int headDimension)
    {
        double value = scale ?? 1 / Math.Sqrt(headDimension);
        if (!double.IsFinite(value))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"scale: got {value}, expected a finite number."), nameof(scale));
        return (float)value;
    }

    private static void CheckSizes(in AttentionLayout layout, string name)
    {
        if (layout.Batch < 1 || layout.Heads < 1 || layout.Tokens < 1 || layout.HeadDimension < 1)
            throw new ArgumentException($"{name}: got {layout}, expected sizes of at least 1.", name);
        if (layout.BatchStride < 0 || layout.HeadStride < 0 || layout.TokenStride < 0)
            throw new ArgumentException($"{name}: got {layout}, expected strides of at least 0.", name);
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
