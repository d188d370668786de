using System.Runtime.Intrinsics;
using VarSparse.Attention.Simd;
using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>
/// Sparse attention on the CPU: SIMD in 512, 256 or 128 bits, as the machine offers, threads over batch, heads and query
/// tiles, keys gathered where they are, online softmax. It never holds scores of more than a block of 64 keys a thread, and
/// allocates nothing once warm.
/// </summary>
/// <remarks>
/// Out[q] = sum over visible keys k of softmax(scale * q . k + bias_k) v_k. Arithmetic is float32 whatever the element type.
/// A query that sees no key gives zeros and a log-sum-exp of minus infinity. NaN and infinities behave as in dense softmax
/// attention over the visible keys: they reach no query that does not see their key or gives it a weight of zero; and a query
/// whose visible logits are all minus infinity also gives zeros. Results do not depend on the number of threads. Instances are
/// safe to use from several threads at once.
/// </remarks>
public sealed unsafe partial class CpuAttention : IDisposable
{
    /// <summary>More calls at once than this each build their buffers anew.</summary>
    private const int PooledJobs = 16;

    private readonly AttentionJob?[] _jobs = new AttentionJob?[PooledJobs];
    private readonly int _vectorBits;
    private readonly ScratchAllocator? _allocate;
    private volatile bool _disposed;

    /// <summary>Creates an instance with buffers of its own.</summary>
    /// <param name="threads">Most threads a call uses, the caller's included; 0 for one a processor.</param>
    /// <exception cref="ArgumentException">The number is negative.</exception>
    public CpuAttention(int threads = 0)
        : this(threads, WidestVector)
    {
    }

    internal CpuAttention(int threads, int vectorBits, ScratchAllocator? allocate = null)
    {
        if (threads < 0)
            throw new ArgumentException($"threads: got {threads}, expected at least 1, or 0 for one a processor.", nameof(threads));
        Threads = threads == 0 ? Environment.ProcessorCount : threads;
        _vectorBits = vectorBits;
        _allocate = allocate;
    }

    /// <summary>An instance for everyone, with a thread a processor. Disposing it has no effect.</summary>
    public static CpuAttention Shared { get; } = new();

    /// <summary>The bits of a vector on this machine.</summary>
    internal static int WidestVector => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>Most threads a call uses.</summary>
    public int Threads { get; }

    /// <summary>Computes attention over a pattern.</summary>
    /// <typeparam name="T">float, <see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
    /// <param name="q">Queries, [B, H, Lq, D]; D a multiple of 8, at most 256.</param>
    /// <param name="k">Keys, [B, H, Lk, D].</param>
    /// <param name="v">Values, [B, H, Lk, D].</param>
    /// <param name="pattern">Which keys each query sees, with Lq queries and Lk keys.</param>
    /// <param name="output">Where to write the result, [B, H, Lq, D]; all of it is written.</param>
    /// <param name="scale">Factor on dot products, or null for 1 / sqrt(D).</param>
    /// <param name="logSumExp">Where to write each query's natural log-sum-exp of logits, [B, H, Lq] contiguous, or empty.</param>
    /// <exception cref="ArgumentException">Sizes, strides or element types do not fit; the message names the argument.</exception>
    /// <exception cref="ObjectDisposedException">The instance has been disposed.</exception>
    public void Run<T>(
        AttentionInput<T> q,
        AttentionInput<T> k,
        AttentionInput<T> v,
        SparsePattern pattern,
        AttentionOutput<T> output,
        double? scale = null,
        Span<float> logSumExp = default)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(pattern);
        long rows = (long)q.Layout.Batch * q.Layout.Heads * q.Layout.Tokens;
        if (!logSumExp.IsEmpty && logSumExp.Length != rows)
            throw new ArgumentException($"logSumExp: got {logSumExp.Length} entries, expected {rows}, one a query, or none.", nameof(logSumExp));
        fixed (float* sums = logSumExp)
            Run(q, k, v, pattern, output, scale, sums, Threads);
    }

    internal void Run<T>(
        AttentionInput<T> q,
        AttentionInput<T> k,
        AttentionInput<T> v,
        SparsePattern pattern,
        AttentionOutput<T> output,
        double? scale,
        float* logSumExp,
        int threads)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Elements<T>.IsSupported)
            throw new ArgumentException($"q: element type is {typeof(T).Name}, expected Single, Half or BFloat16.", nameof(q));
        AttentionChecks.Check(q.Layout, k.Layout, v.Layout, pattern);
        AttentionChecks.CheckOutput(q.Layout, output.Layout);
        fixed (T* queries = q, keys = k, values = v, results = output)
        {
            var problem = new AttentionProblem
            {
                Queries = queries,
                Keys = keys,
                Values = values,
                Output = results,
                LogSumExp = logSumExp,
                QueryLayout = q.Layout,
                KeyLayout = k.Layout,
                ValueLayout = v.Layout,
                OutputLayout = output.Layout,
                Pattern = pattern,
                ScaleLog2 = PowersOfTwo.Scale(AttentionChecks.Scale(scale, q.Layout.HeadDimension)),
            };
            ClearUncovered<T>(problem);
            if (_vectorBits == 512)
                Run<Lanes512, Vector512<float>, T>(problem, threads);
            else if (_vectorBits == 256)
                Run<Lanes256, Vector256<float>, T>(problem, threads);
            else
                Run<Lanes128, Vector128<float>, T>(problem, threads);
        }
    }

    /// <summary>Frees the buffers. Calls under way finish.</summary>
    public void Dispose()
    {
        if (ReferenceEquals(this, Shared))
            return;
        _disposed = true;
        for (int i = 0; i < _jobs.Length; i++)
            Interlocked.Exchange(ref _jobs[i], null)?.Dispose();
    }

    private void Run<TLanes, TVector, T>(in AttentionProblem problem, int threads)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where T : unmanaged
    {
        long items = (long)problem.QueryLayout.Batch * problem.QueryLayout.Heads * problem.Pattern.Tiles.TileCount
            * QueryTiles.CeilingDivide(problem.Pattern.Tiles.LargestTile, WorkerScratch.PassSize);
        RunJob(problem, &RunItem<TLanes, TVector, T>, items, threads);
    }

    private void RunJob(in AttentionProblem problem, delegate*<in AttentionProblem, WorkerScratch, long, void> runItem, long items, int threads)
    {
        AttentionJob job = Rent();
        try
        {
            job.Run(problem, runItem, items, threads);
        }
        finally
        {
            Return(job);
        }
    }

    /// <summary>Item numbers count batch entries, heads, tiles and passes of a tile, the last fastest.</summary>
    private static void RunItem<TLanes, TVector, T>(in AttentionProblem problem, WorkerScratch scratch, long item)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
        where T : unmanaged
    {
        QueryTiles tiles = problem.Pattern.Tiles;
        (item, long pass) = Math.DivRem(item, QueryTiles.CeilingDivide(tiles.LargestTile, WorkerScratch.PassSize));
        (item, long tile) = Math.DivRem(item, tiles.TileCount);
        (long batch, long head) = Math.DivRem(item, problem.QueryLayout.Heads);
        int firstSlot = (int)pass * WorkerScratch.PassSize;
        if (firstSlot < tiles.Queries((int)tile).Length)
            QueryPass<TLanes, TVector, T>.Run(problem, scratch, (int)batch, (int)head, (int)tile, firstSlot);
    }

    private static void ClearUncovered<T>(in AttentionProblem problem)
        where T : unmanaged
    {
        foreach (int query in problem.Pattern.Tiles.UncoveredQueries)
        {
            for (int batch = 0; batch < problem.QueryLayout.Batch; batch++)
            {
                for (int head = 0; head < problem.QueryLayout.Heads; head++)
                {
                    new Span<T>((T*)problem.Output + problem.OutputLayout.Offset(batch, head, query), problem.OutputLayout.HeadDimension).Clear();
                    if (problem.LogSumExp != null)
                        problem.LogSumExp[((long)batch * problem.QueryLayout.Heads + head) * problem.QueryLayout.Tokens + query] = float.NegativeInfinity;
                }
            }
        }
    }

    private AttentionJob Rent()
    {
        for (int i = 0; i < _jobs.Length; i++)
        {
            if (Interlocked.Exchange(ref _jobs[i], null) is { } job)
                return job;
        }

        return new AttentionJob(_allocate);
    }

    private void Return(AttentionJob job)
    {
        for (int i = 0; i < _jobs.Length && !_disposed; i++)
        {
            if (Interlocked.CompareExchange(ref _jobs[i], job, null) is not null)
                continue;

            // The instance may have been disposed since the check: then the slot is cleared a second time.
            if (_disposed)
                Interlocked.Exchange(ref _jobs[i], null)?.Dispose();
            return;
        }

        job.Dispose();
    }
}
