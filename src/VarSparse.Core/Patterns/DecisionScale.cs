using VarSparse.Attention;

namespace VarSparse.Patterns;

/// <summary>
/// Picks keys at a decision scale by the attention they get there (SparVAR, arXiv 2602.04361, cross-scale self-similar attention). It takes
/// the sums of <see cref="CpuAttention.ColumnSums"/> and gives a pattern of that scale, with a list for each batch entry, head and tile;
/// <see cref="IndexMapping"/> carries it to later scales.
/// </summary>
public static class DecisionScale
{
    /// <summary>The number of keys that a share stands for, such as the paper's 0.2 of 4,121 keys in steps of 112: 784.</summary>
    /// <param name="share">Share of the keys, above 0 and at most 1.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="multiple">The result is the nearest multiple of this number, at least one of them.</param>
    /// <returns>1 to <paramref name="keyCount"/>.</returns>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static int CountOf(double share, int keyCount, int multiple = 1)
    {
        CheckShare(share, nameof(share));
        Require.AtLeastOne(keyCount);
        Require.AtLeastOne(multiple);
        double steps = Math.Max(1, Math.Round(share * keyCount / multiple));
        return (int)Math.Min(keyCount, steps * multiple);
    }

    /// <summary>Keeps a number of keys for each batch entry, head and tile, the heaviest; of equal ones the lowest.</summary>
    /// <param name="sums">Sums of probabilities, [B, H, tiles, Lk], at least 0; what is below counts as 0.</param>
    /// <param name="batch">Batch entries (B).</param>
    /// <param name="heads">Heads (H).</param>
    /// <param name="tiles">The tiles that were summed over.</param>
    /// <param name="keep">How many keys to keep, 1 to Lk.</param>
    /// <returns>A pattern of the tiles' queries and Lk keys with lists for every batch entry and head.</returns>
    /// <exception cref="ArgumentException">A number is out of range, or the sums are not so many for each tile.</exception>
    public static SparsePattern KeepHeaviest(ReadOnlySpan<float> sums, int batch, int heads, QueryTiles tiles, int keep)
    {
        int keyCount = KeyCount(sums, batch, heads, tiles);
        if (keep < 1 || keep > keyCount)
            throw new ArgumentException($"keep: got {keep}, expected 1 to {keyCount}, the keys.", nameof(keep));
        return Keep(sums, batch, heads, tiles, keyCount, keep, coverage: 0);
    }

    /// <summary>
    /// Keeps the fewest keys for each batch entry, head and tile whose sums reach a share of all; of equal ones the lowest. Heads that look
    /// at few keys get short lists. A tile whose sums are all zero, or not finite, keeps all keys.
    /// </summary>
    /// <remarks>Sums are added up exactly, cut to 2^-31 of the power of two at the tile's largest one.</remarks>
    /// <param name="sums">Sums of probabilities, [B, H, tiles, Lk], at least 0; what is below counts as 0.</param>
    /// <param name="batch">Batch entries (B).</param>
    /// <param name="heads">Heads (H).</param>
    /// <param name="tiles">The tiles that were summed over.</param>
    /// <param name="coverage">The share, above 0 and at most 1.</param>
    /// <returns>A pattern of the tiles' queries and Lk keys with lists for every batch entry and head.</returns>
    /// <exception cref="ArgumentException">A number is out of range, or the sums are not so many for each tile.</exception>
    public static SparsePattern KeepCoverage(ReadOnlySpan<float> sums, int batch, int heads, QueryTiles tiles, double coverage)
    {
        CheckShare(coverage, nameof(coverage));
        return Keep(sums, batch, heads, tiles, KeyCount(sums, batch, heads, tiles), keep: 0, coverage);
    }

    internal static void CheckShare(double share, string name)
    {
        if (!(share is > 0 and <= 1))
            throw new ArgumentException(FormattableString.Invariant($"{name}: got {share}, expected more than 0 and at most 1."), name);
    }

    private static int KeyCount(ReadOnlySpan<float> sums, int batch, int heads, QueryTiles tiles)
    {
        Require.AtLeastOne(batch);
        Require.AtLeastOne(heads);
        ArgumentNullException.ThrowIfNull(tiles);
        long rows = (long)batch * heads * tiles.TileCount;
        if (sums.IsEmpty || sums.Length % rows != 0)
            throw new ArgumentException($"sums: got {sums.Length} entries, expected a multiple of {rows} ({batch} batch x {heads} heads x {tiles.TileCount} tiles).", nameof(sums));
        return (int)(sums.Length / rows);
    }

    private static SparsePattern Keep(ReadOnlySpan<float> sums, int batch, int heads, QueryTiles tiles, int keyCount, int keep, double coverage)
    {
        var ranking = new KeyRanking(keyCount);
        var offsets = new int[batch * heads * tiles.TileCount + 1];
        var keys = new int[keep > 0 ? checked((offsets.Length - 1) * keep) : keyCount];
        for (int row = 0; row + 1 < offsets.Length; row++)
        {
            if (keep == 0 && keys.Length - offsets[row] < keyCount)
                Array.Resize(ref keys, (int)Math.Min(Array.MaxLength, 2L * keys.Length + keyCount));
            ReadOnlySpan<float> masses = sums.Slice(row * keyCount, keyCount);
            Span<int> free = keys.AsSpan(offsets[row]);
            offsets[row + 1] = offsets[row] + (keep > 0 ? ranking.KeepHeaviest(masses, keep, free) : ranking.KeepCoverage(masses, coverage, free));
        }

        var lists = KeyLists.CreateTrusted(keyCount, offsets, keys.Length == offsets[^1] ? keys : keys[..offsets[^1]], maskWords: null, wordsPerKey: 0);
        return SparsePattern.CreateTrusted(tiles, lists, [.. Enumerable.Range(0, lists.ListCount)], batch, heads);
    }
}
