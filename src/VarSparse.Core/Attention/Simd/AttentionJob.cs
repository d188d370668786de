using System.Runtime.ExceptionServices;

namespace VarSparse.Attention.Simd;

/// <summary>The shared state of one call: its problem, the counter its workers draw from, and their buffers. Reused by later calls.</summary>
internal sealed unsafe class AttentionJob : IDisposable
{
    private AttentionProblem _problem;
    private delegate*<in AttentionProblem, WorkerScratch, long, void> _run;
    private long _items;
    private long _next;
    private WorkerScratch[] _scratch = [];
    private WorkerTask?[] _tasks = [];
    private Exception? _failure;

    /// <summary>Runs items 0 to <paramref name="items"/> - 1 on at most <paramref name="threads"/> threads, the caller's included.</summary>
    public void Run(in AttentionProblem problem, delegate*<in AttentionProblem, WorkerScratch, long, void> run, long items, int threads)
    {
        threads = (int)Math.Min(threads, items);
        Grow(threads);
        _problem = problem;
        _run = run;
        _items = items;
        _failure = null;
        Volatile.Write(ref _next, 0);
        for (int worker = 1; worker < threads; worker++)
        {
            // A task that an earlier call revoked may still be in the pool's queue: it keeps its object, this call takes a new one.
            if (_tasks[worker] is not { IsIdle: true })
                _tasks[worker] = new WorkerTask(this, worker);
            _tasks[worker]!.Queue();
        }

        Work(0);
        for (int worker = 1; worker < threads; worker++)
            _tasks[worker]!.RevokeOrWait();
        _problem = default;
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    public void Work(int worker)
    {
        try
        {
            WorkerScratch scratch = _scratch[worker];
            scratch.Prepare();
            long item;
            while ((item = Interlocked.Increment(ref _next) - 1) < _items)
                _run(_problem, scratch, item);
        }
        catch (Exception failure) when (failure is not null)
        {
            _failure = failure;
            Volatile.Write(ref _next, _items);
        }
    }

    public void Dispose()
    {
        foreach (WorkerScratch scratch in _scratch)
            scratch.Dispose();
    }

    private void Grow(int threads)
    {
        if (_scratch.Length >= threads)
            return;
        WorkerScratch[] scratch = [.. _scratch, .. Enumerable.Range(0, threads - _scratch.Length).Select(_ => new WorkerScratch())];
        Array.Resize(ref _tasks, threads);
        _scratch = scratch;
    }
}
