using VarSparse.Attention.Simd;

namespace VarSparse.Core.Tests.Attention;

/// <summary>The sharing of a call's items between threads, with items that count instead of computing.</summary>
[Collection(nameof(Alone))]
public unsafe class AttentionJobTests
{
    private static int[] _runs = [];
    private static int _started;
    private static int _finished;
    private static int _caller;
    private static bool _poolHasCome;

    [Fact]
    public void Every_item_runs_exactly_once()
    {
        using var job = new AttentionJob();
        _caller = Environment.CurrentManagedThreadId;
        foreach ((int items, int threads) in new[] { (200_000, 4), (3, 8), (200_000, 2), (1, 2), (200_000, 3), (0, 4), (7, 1) })
        {
            _runs = new int[items];
            _poolHasCome = items < 100 || threads < 2;
            job.Run(default, &Count, items, threads);
            Assert.Equal(-1, _runs.AsSpan().IndexOfAnyExcept(1));
        }
    }

    [Fact]
    public void A_run_returns_only_when_every_item_has_finished()
    {
        using var job = new AttentionJob();
        for (int run = 0; run < 5; run++)
        {
            _finished = 0;
            _caller = Environment.CurrentManagedThreadId;
            job.Run(default, &Sleep, items: 8, threads: 4);
            Assert.Equal(8, Volatile.Read(ref _finished));
        }
    }

    [Fact]
    public void A_failure_on_any_thread_reaches_the_caller_and_the_job_can_run_again()
    {
        using var job = new AttentionJob();
        for (int run = 0; run < 20; run++)
        {
            Assert.Equal("item 5", Assert.Throws<InvalidOperationException>(() => job.Run(default, &FailAtFive, 100, 3)).Message);
            _runs = new int[10];
            _poolHasCome = true;
            job.Run(default, &Count, 10, 3);
            Assert.All(_runs, runs => Assert.Equal(1, runs));
        }
    }

    [Fact]
    public void After_a_failure_no_thread_begins_all_the_rest()
    {
        const int items = 10_000;
        using var job = new AttentionJob();
        _started = 0;
        Assert.Throws<InvalidOperationException>(() => job.Run(default, &FailAtZero, items, 2));
        Assert.InRange(Volatile.Read(ref _started), 1, items - 2);
    }

    [Fact]
    public void A_worker_that_a_busy_pool_dropped_comes_to_later_calls()
    {
        using var job = new AttentionJob();
        _caller = Environment.CurrentManagedThreadId;
        _runs = new int[8];
        _poolHasCome = true;
        using (new BusyPool())
            job.Run(default, &Count, _runs.Length, 2);

        // Time for the pool to find that the caller has taken the work back.
        Thread.Sleep(100);
        _poolHasCome = false;
        job.Run(default, &Count, _runs.Length, 2);
        Assert.True(Volatile.Read(ref _poolHasCome), "the caller was left alone");
        Assert.All(_runs, runs => Assert.Equal(2, runs));
    }

    [Fact]
    public void An_interrupted_caller_returns_only_when_no_worker_runs()
    {
        using var job = new AttentionJob();
        _finished = 0;
        Exception? failure = null;
        int atReturn = -1, started = -1;
        var caller = new Thread(() =>
        {
            _caller = Environment.CurrentManagedThreadId;
            Thread.CurrentThread.Interrupt();
            failure = Record.Exception(() => job.Run(default, &Sleep, items: 8, threads: 4));
            (atReturn, started) = (Volatile.Read(ref _finished), Volatile.Read(ref _started));
        });
        _started = 0;
        caller.Start();
        caller.Join();
        Thread.Sleep(100);

        // The caller's own item was broken off; those that others had begun were waited for.
        Assert.IsType<ThreadInterruptedException>(failure);
        Assert.Equal((started - 1, started), (atReturn, Volatile.Read(ref _started)));
        Assert.Equal(atReturn, Volatile.Read(ref _finished));
        job.Run(default, &Sleep, items: 8, threads: 4);
        Assert.Equal(atReturn + 8, Volatile.Read(ref _finished));
    }

    /// <summary>The caller waits for company, so that threads do compete for items.</summary>
    private static void Count(in AttentionProblem problem, WorkerScratch scratch, long item)
    {
        if (Environment.CurrentManagedThreadId != _caller)
            Volatile.Write(ref _poolHasCome, true);
        else if (!Volatile.Read(ref _poolHasCome))
            SpinWait.SpinUntil(() => Volatile.Read(ref _poolHasCome), TimeSpan.FromSeconds(30));
        Interlocked.Increment(ref _runs[item]);
    }

    /// <summary>The caller's items are done at once, so that it has to wait for the pool's.</summary>
    private static void Sleep(in AttentionProblem problem, WorkerScratch scratch, long item)
    {
        Interlocked.Increment(ref _started);
        Thread.Sleep(Environment.CurrentManagedThreadId == _caller ? 5 : 50);
        Interlocked.Increment(ref _finished);
    }

    /// <summary>The first item fails once another thread has begun one; the others take their time.</summary>
    private static void FailAtZero(in AttentionProblem problem, WorkerScratch scratch, long item)
    {
        if (item == 0)
        {
            SpinWait.SpinUntil(() => Volatile.Read(ref _started) > 0, TimeSpan.FromSeconds(5));
            throw new InvalidOperationException("item 0");
        }

        Interlocked.Increment(ref _started);
        Thread.Sleep(1);
    }

    private static void FailAtFive(in AttentionProblem problem, WorkerScratch scratch, long item)
    {
        if (item == 5)
            throw new InvalidOperationException("item 5");
    }
}
