using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>
/// Attention in float64 from the expanded mask: slow, simple, and what every other backend is tested against. It holds the
/// whole mask, so it is for small problems.
/// </summary>
public static class ReferenceAttention
{
    /// <summary>Out[q] = sum over visible keys k of softmax(scale * q . k + bias_k) v_k, for contiguous tensors.</summary>
    /// <param name="q">Queries, [B, H, Lq, D]; the pattern gives Lq.</param>
    /// <param name="k">Keys, [B, H, Lk, D]; the pattern gives Lk.</param>
    /// <param name="v">Values, [B, H, Lk, D].</param>
    /// <param name="batch">Batch entries (B).</param>
    /// <param name="heads">Heads (H).</param>
    /// <param name="headDimension">Elements of a head (D), any positive number.</param>
    /// <param name="pattern">Which keys each query sees.</param>
    /// <param name="output">Where to write the result, [B, H, Lq, D].</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="logSumExp">Where to write each query's natural log-sum-exp of logits, [B, H, Lq], or empty.</param>
    /// <exception cref="ArgumentException">A size is below 1, does not fit the pattern's or a span's length.</exception>
    public static void Run(
        ReadOnlySpan<double> q,
        ReadOnlySpan<double> k,
        ReadOnlySpan<double> v,
        int batch,
        int heads,
        int headDimension,
        SparsePattern pattern,
        Span<double> output,
        double? scale = null,
        Span<double> logSumExp = default)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        Require.AtLeastOne(batch);
        Require.AtLeastOne(heads);
        Require.AtLeastOne(headDimension);
        AttentionChecks.CheckHeadsAndBatch(pattern, batch, heads);
        int queries = pattern.QueryCount;
        int keys = pattern.KeyCount;
        long matrices = (long)batch * heads;
        CheckLength(q.Length, matrices * queries * headDimension, nameof(q));
        CheckLength(k.Length, matrices * keys * headDimension, nameof(k));
        CheckLength(v.Length, matrices * keys * headDimension, nameof(v));
        CheckLength(output.Length, matrices * queries * headDimension, nameof(output));
        if (!logSumExp.IsEmpty)
            CheckLength(logSumExp.Length, matrices * queries, nameof(logSumExp));
        double factor = AttentionChecks.Scale(scale, headDimension);
        var logits = new double[keys];
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            bool[,] mask = pattern.ToDenseMask(matrix / heads, matrix % heads);
            ReadOnlySpan<double> matrixKeys = k.Slice(matrix * keys * headDimension, keys * headDimension);
            ReadOnlySpan<double> matrixValues = v.Slice(matrix * keys * headDimension, keys * headDimension);
            for (int query = 0; query < queries; query++)
            {
                int row = matrix * queries + query;
                ReadOnlySpan<double> vector = q.Slice(row * headDimension, headDimension);
                double maximum = double.NegativeInfinity;
                for (int key = 0; key < keys; key++)
                {
                    logits[key] = double.NegativeInfinity;
                    if (!mask[query, key])
                        continue;
                    double dot = 0;
                    for (int d = 0; d < headDimension; d++)
                        dot += vector[d] * matrixKeys[key * headDimension + d];
                    logits[key] = factor * dot + (pattern.KeyBias.IsEmpty ? 0 : pattern.KeyBias[key]);
                    maximum = Math.Max(maximum, logits[key]);
                }

                Span<double> result = output.Slice(row * headDimension, headDimension);
                double sum = WeightedSum(logits, maximum, matrixValues, result);
                if (!logSumExp.IsEmpty)
                    logSumExp[row] = maximum + Math.Log(sum);
            }
        }
    }

    private static double WeightedSum(double[] logits, double maximum, ReadOnlySpan<double> values, Span<double> result)
    {
        result.Clear();
        if (double.IsNegativeInfinity(maximum))
            return 0;
        double sum = 0;
        for (int key = 0; key < logits.Length; key++)
        {
            double weight = Math.Exp(logits[key] - maximum);
            if (weight == 0)
                continue;
            sum += weight;
            for (int d = 0; d < result.Length; d++)
                result[d] += weight * values[key * result.Length + d];
        }

        foreach (ref double element in result)
            element /= sum;
        return sum;
    }

    private static void CheckLength(int length, long expected, string name)
    {
        if (length != expected)
            throw new ArgumentException($"{name}: got {length} elements, expected {expected}.", name);
    }
}
