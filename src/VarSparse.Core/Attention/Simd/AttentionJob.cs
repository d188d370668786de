using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace VarSparse.Attention.Simd;

/// <summary>The shared state of one call: its problem, the counter its workers draw from, and their buffers. Reused by later calls.</summary>
/// <param name="allocate">Where the buffers come from; null for the system's memory.</param>
internal sealed unsafe class AttentionJob(ScratchAllocator? allocate = null) : IDisposable
{
    private readonly ScratchAllocator _allocate = allocate ?? NativeMemory.AlignedAlloc;
    private AttentionProblem _problem;
    private delegate*<in AttentionProblem, WorkerScratch, long, void> _run;
    private long _items;
    private long _next;
    private WorkerScratch[] _scratch = [];
    private WorkerTask[] _tasks = [];
    private Exception? _failure;

    /// <summary>Runs items 0 to <paramref name="items"/> - 1 on at most <paramref name="threads"/> threads, the caller's included.</summary>
    public void Run(in AttentionProblem problem, delegate*<in AttentionProblem, WorkerScratch, long, void> run, long items, int threads)
    {
        if (items < 1)
            return;
        threads = (int)Math.Min(threads, items);
        Grow(threads);
        _problem = problem;
        _run = run;
        _items = items;
        _failure = null;
        Volatile.Write(ref _next, 0);
        int queued = 1;
        try
        {
            for (; queued < threads; queued++)
                _tasks[queued].Queue();
            Work(0);
        }
        finally
        {
            // Whatever happens, no worker may outlive the caller's pinned memory.
            for (int worker = 1; worker < queued; worker++)
                _tasks[worker].RevokeOrWait();
            _problem = default;
        }

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
        int present = _scratch.Length;
        WorkerTask[] tasks = [.. _tasks, .. new WorkerTask[threads - present]];
        WorkerScratch[] scratch = [.. _scratch, .. new WorkerScratch[threads - present]];
        for (int worker = present; worker < threads; worker++)
            (tasks[worker], scratch[worker]) = (new WorkerTask(this, worker), new WorkerScratch(_allocate));

        // Only whole arrays are kept, should memory run out on the way.
        (_tasks, _scratch) = (tasks, scratch);
    }
}
