using System.Runtime.Intrinsics;
using VarSparse.Attention.Simd;
using VarSparse.Patterns;

namespace VarSparse.Attention;

public sealed unsafe partial class CpuAttention
{
    /// <summary>
    /// Sums the probabilities exp(scale q . k - log-sum-exp) of dense attention over the queries of each tile, by key: what a decision scale
    /// picks keys by (<see cref="DecisionScale"/>; SparVAR, arXiv 2602.04361). The matrix of probabilities is never stored.
    /// </summary>
    /// <remarks>A query whose log-sum-exp is minus infinity, or that stands in no tile, adds nothing. The sums do not depend on the number of threads.</remarks>
    /// <typeparam name="T">float, <see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
    /// <param name="q">Queries, [B, H, Lq, D]; D a multiple of 8, at most 256.</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="logSumExp">Natural log-sum-exp of each query's logits, [B, H, Lq] contiguous, as attention leaves it.</param>
    /// <param name="tiles">Queries that are summed over together, of Lq queries.</param>
    /// <param name="sums">Where to write the sums, [B, H, tiles, Lk] contiguous; all of it is written.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <exception cref="ArgumentException">Sizes, strides or element types do not fit; the message names the argument.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed.</exception>
    public void ColumnSums<T>(
        AttentionInput<T> q, AttentionInput<T> k, ReadOnlySpan<float> logSumExp, QueryTiles tiles, Span<float> sums, double? scale = null)
        where T : unmanaged =>
        SumColumns(q, k, logSumExp, tiles, sums, scale, Threads);

    internal void SumColumns<T>(
        AttentionInput<T> q, AttentionInput<T> k, ReadOnlySpan<float> logSumExp, QueryTiles tiles, Span<float> sums, double? scale, int threads)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(tiles);
        if (!Elements<T>.IsSupported)
            throw new ArgumentException($"q: element type is {typeof(T).Name}, expected Single, Half or BFloat16.", nameof(q));
        AttentionChecks.Check(q.Layout, k.Layout, k.Layout, new PatternSizes(tiles.QueryCount, k.Layout.Tokens, HeadCount: 1, BatchCount: 1));
        long matrices = (long)q.Layout.Batch * q.Layout.Heads;
        if (logSumExp.Length != matrices * q.Layout.Tokens)
            throw new ArgumentException($"logSumExp: got {logSumExp.Length} entries, expected {matrices * q.Layout.Tokens}, one a query.", nameof(logSumExp));
        long expected = matrices * tiles.TileCount * k.Layout.Tokens;
        if (sums.Length != expected)
            throw new ArgumentException($"sums: got {sums.Length} entries, expected {expected} ({matrices} matrices x {tiles.TileCount} tiles x {k.Layout.Tokens} keys).", nameof(sums));
        fixed (T* queries = q, keys = k)
        fixed (float* logSumExps = logSumExp, results = sums)
        {
            var problem = new AttentionProblem
            {
                Queries = queries,
                Keys = keys,
                LogSumExp = logSumExps,
                ColumnSums = results,
                QueryLayout = q.Layout,
                KeyLayout = k.Layout,
                Tiles = tiles,
                ScaleLog2 = PowersOfTwo.Scale(AttentionChecks.Scale(scale, q.Layout.HeadDimension)),
            };
            if (_vectorBits == 512)
                RunJob(problem, &SumTile<Lanes512, Vector512<float>, T>, matrices * tiles.TileCount, threads);
            else if (_vectorBits == 256)
                RunJob(problem, &SumTile<Lanes256, Vector256<float>, T>, matrices * tiles.TileCount, threads);
            else
                RunJob(problem, &SumTile<Lanes128, Vector128<float>, T>, matrices * tiles.TileCount, threads);
        }
    }

    /// <summary>Item numbers count batch entries, heads and tiles, the last fastest.</summary>
    private static void SumTile<TLanes, TVector, T>(in AttentionProblem problem, WorkerScratch scratch, long item)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where T : unmanaged
    {
        (item, long tile) = Math.DivRem(item, problem.Tiles.TileCount);
        (long batch, long head) = Math.DivRem(item, problem.QueryLayout.Heads);
        ColumnSumPass<TLanes, TVector, T>.Run(problem, scratch, (int)batch, (int)head, (int)tile);
    }
}
