using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// Far-field summaries: a query sees what is near token by token and the rest through summaries, so that no key is out of sight. Each
/// source scale beyond the sinks is cut into square blocks. Blocks that the query's window touches are near: their tokens are seen as they
/// are. Every other block is seen as one key: the mean of its keys, the mean of its values, and as bias the logarithm of how many tokens
/// it has. By <see cref="FarFieldOptions.CoarserBeyond"/> these blocks grow with their distance: four of them are one block of twice the side,
/// and each token is still seen once. One softmax runs over all. It equals dense attention when the keys of a far block are alike, and their
/// values.
/// </summary>
public static class FarField
{
    /// <summary>The side of the smallest blocks where the options give none.</summary>
    public const int DefaultBlockSide = 2;

    /// <summary>Plans one query scale.</summary>
    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="queryScale">0-based scale of the queries; its keys are all tokens up to and including that scale, and their summaries.</param>
    /// <param name="options">Windows, blocks, sinks, tile and masking, or null for the defaults.</param>
    /// <param name="queries">The tokens of the scale that are queries, ascending, counted from its first token; null for all.</param>
    /// <param name="tokens">
    /// The tokens of the schedule that have keys, ascending; null for all. The others are counted out of their blocks; a block that has none
    /// left is seen by nobody.
    /// </param>
    /// <param name="tokenBias">
    /// What is added to the logit of each token that has a key (natural units), or empty for nothing. The summary of tokens with biases b_i
    /// has the bias log(sum of exp(b_i)).
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is no such scale, a window is negative other than -1, a block side is below 1, there is not one of them a scale, distances are negative
    /// or not ascending, the tile is not valid, a list of tokens is not ascending, or there is not one bias a token.
    /// </exception>
    public static FarFieldPlan Create(
        ScaleSchedule schedule,
        int queryScale,
        FarFieldOptions? options = null,
        int[]? queries = null,
        int[]? tokens = null,
        ReadOnlySpan<float> tokenBias = default)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Require.Index(queryScale, schedule.Count);
        options ??= new FarFieldOptions();
        int[] rowOfToken = SparsePattern.NewIndices(tokens, schedule.TokensThrough(queryScale), nameof(tokens));
        int tokenCount = tokens?.Length ?? rowOfToken.Length;
        if (!tokenBias.IsEmpty && tokenBias.Length != tokenCount)
            throw new ArgumentException($"tokenBias: got {tokenBias.Length} entries, expected {tokenCount}, one a token that has a key.", nameof(tokenBias));
        int[] windows = CrossScaleLocal.Windows(
            schedule, new CrossScaleLocalOptions { Windows = options.Windows, SinkScales = options.SinkScales }, CheckedLastWindows(options));
        var plan = new FarFieldPlan(schedule, queryScale, new FarFieldBlocks(schedule, queryScale, options), rowOfToken, tokenCount);

        // A mask is exact for any tiles, so the lists of joined tiles need no detour over those of all queries.
        SparsePattern pattern = options.ExactMask
            ? new FarFieldLists(plan, options, windows, queries).Build()
            : new FarFieldLists(plan, options, windows, queries: null).Build().Restrict(queries);
        plan.Pattern = pattern.WithKeyBias(plan.Biases(tokenBias));
        return plan;
    }

    private static int[] CheckedLastWindows(FarFieldOptions options)
    {
        IReadOnlyList<int> last = options.LastWindows ?? throw new ArgumentException("LastWindows: got null, expected windows, or none.", nameof(options));
        foreach (int window in last)
        {
            if (window < -1)
                throw new ArgumentException($"LastWindows: got {window}, expected at least 0, or -1 for nothing of that scale.", nameof(options));
        }

        return [.. last];
    }
}
