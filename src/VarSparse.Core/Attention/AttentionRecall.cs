using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>How much of dense attention a pattern keeps in sight.</summary>
public static class AttentionRecall
{
    /// <summary>
    /// The share of the probability of dense attention that lies on the keys a query sees, mean over the queries: exp(log-sum-exp over the
    /// visible keys - log-sum-exp over all). 1 for a pattern that hides nothing that matters.
    /// </summary>
    /// <typeparam name="T">float, <see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
    /// <param name="q">Queries, [B, H, Lq, D]; D a multiple of 8, at most 256.</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="logSumExp">Natural log-sum-exp of each query over all keys, [B, H, Lq] contiguous.</param>
    /// <param name="pattern">Which keys each query sees, with Lq queries and Lk keys. A bias must be part of <paramref name="logSumExp"/> too.</param>
    /// <param name="recall">Where to write the means, [B, H].</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="attention">What computes it, or null for <see cref="CpuAttention.Shared"/>.</param>
    /// <exception cref="ArgumentException">Sizes, strides or element types do not fit; the message names the argument.</exception>
    public static void Compute<T>(
        AttentionInput<T> q,
        AttentionInput<T> k,
        ReadOnlySpan<float> logSumExp,
        SparsePattern pattern,
        Span<double> recall,
        double? scale = null,
        CpuAttention? attention = null)
        where T : unmanaged
    {
        AttentionLayout layout = q.Layout;
        int matrices = checked(layout.Batch * layout.Heads);
        if (logSumExp.Length != (long)matrices * layout.Tokens)
            throw new ArgumentException($"logSumExp: got {logSumExp.Length} entries, expected {(long)matrices * layout.Tokens}, one a query.", nameof(logSumExp));
        if (recall.Length != matrices)
            throw new ArgumentException($"recall: got {recall.Length} entries, expected {matrices}, one for each batch entry and head.", nameof(recall));

        // Only the log-sum-exp is wanted, so the keys stand in for values.
        var outputLayout = AttentionLayout.HeadsFirst(layout.Batch, layout.Heads, layout.Tokens, layout.HeadDimension);
        var output = new T[outputLayout.Extent];
        var visible = new float[logSumExp.Length];
        (attention ?? CpuAttention.Shared).Run(q, k, k, pattern, new AttentionOutput<T>(output, outputLayout), scale, visible);
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            double sum = 0;
            for (int query = matrix * layout.Tokens; query < (matrix + 1) * layout.Tokens; query++)
                sum += float.IsNegativeInfinity(visible[query]) ? 0 : Math.Exp((double)visible[query] - logSumExp[query]);
            recall[matrix] = sum / layout.Tokens;
        }
    }
}
