using VarSparse.Patterns;

namespace VarSparse.Attention.Simd;

/// <summary>
/// The way out when a row of values holds NaN or infinity, or their sum leaves float32. The fast path multiplies hidden values
/// by a probability of zero, which lets 0 * NaN reach queries that do not see them; such an output row is computed again here,
/// slowly, from its visible keys alone.
/// </summary>
internal static unsafe class NonFiniteValues<T>
    where T : unmanaged
{
    /// <summary>Overwrites the output of one query, a slot of a tile. Its logits must not hold NaN.</summary>
    public static void Recompute(
        in AttentionProblem problem, WorkerScratch scratch, int batch, int head, int tile, int slot, Span<float> output)
    {
        int dimension = output.Length;
        var query = new Span<float>(scratch.Scores, dimension);
        var row = new Span<float>(scratch.Scores + dimension, dimension);
        Load((T*)problem.Queries + problem.QueryLayout.Offset(batch, head, problem.Pattern.Tiles.Queries(tile)[slot]), query);

        double maximum = double.NegativeInfinity;
        ReadOnlySpan<int> keys = problem.Pattern.Lists.Keys(problem.Pattern.ListOf(batch, head, tile));
        for (int i = 0; i < keys.Length; i++)
            maximum = Math.Max(maximum, Logit(problem, batch, head, tile, slot, i, query, row));

        double sum = 0;
        Span<double> weighted = stackalloc double[AttentionChecks.LargestHeadDimension];
        weighted = weighted[..dimension];
        weighted.Clear();
        for (int i = 0; i < keys.Length && !double.IsNegativeInfinity(maximum); i++)
        {
            double weight = Math.Exp(Logit(problem, batch, head, tile, slot, i, query, row) - maximum);
            if (weight == 0)
                continue;
            sum += weight;
            Load((T*)problem.Values + problem.ValueLayout.Offset(batch, head, keys[i]), row);
            for (int d = 0; d < dimension; d++)
                weighted[d] += weight * row[d];
        }

        for (int d = 0; d < dimension; d++)
            output[d] = sum == 0 ? 0 : (float)(weighted[d] / sum);
    }

    /// <summary>The natural logit of entry <paramref name="i"/> of the tile's list, minus infinity if the slot does not see it.</summary>
    private static double Logit(
        in AttentionProblem problem, int batch, int head, int tile, int slot, int i, ReadOnlySpan<float> query, Span<float> row)
    {
        SparsePattern pattern = problem.Pattern;
        int list = pattern.ListOf(batch, head, tile);
        ReadOnlySpan<ulong> words = pattern.Lists.MaskWords(list);
        if (!words.IsEmpty && ((words[i * pattern.Lists.WordsPerKey + slot / 64] >> (slot % 64)) & 1) == 0)
            return double.NegativeInfinity;
        int key = pattern.Lists.Keys(list)[i];
        Load((T*)problem.Keys + problem.KeyLayout.Offset(batch, head, key), row);
        double dot = 0;
        for (int d = 0; d < query.Length; d++)
            dot += (double)query[d] * row[d];
        return dot * problem.ScaleLog2 * Math.Log(2) + (pattern.KeyBias.IsEmpty ? 0 : pattern.KeyBias[key]);
    }

    private static void Load(T* source, Span<float> destination)
    {
        fixed (float* to = destination)
            Elements<T>.Widen(source, to, destination.Length);
    }
}
