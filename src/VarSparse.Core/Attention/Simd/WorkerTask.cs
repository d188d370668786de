namespace VarSparse.Attention.Simd;

/// <summary>
/// A place for one pool thread in a job. The caller may finish the work alone and then revokes tasks that the pool has not
/// started, so that a busy pool can never hold up a call.
/// </summary>
internal sealed class WorkerTask(AttentionJob job, int worker) : IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Queued = 1;
    private const int Running = 2;

    /// <summary>Taken back while it stands in the pool's queue, where it stays until a thread drops it or a later call queues it again.</summary>
    private const int Revoked = 3;

    private int _state;

    public void Queue()
    {
        if (Interlocked.CompareExchange(ref _state, Queued, Revoked) == Revoked)
            return;
        Volatile.Write(ref _state, Queued);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Takes the task back, or waits until it has finished if it has started.</summary>
    public void RevokeOrWait()
    {
        if (Interlocked.CompareExchange(ref _state, Revoked, Queued) != Running)
            return;
        var spin = default(SpinWait);
        while (Volatile.Read(ref _state) == Running)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (true)
        {
            if (Interlocked.CompareExchange(ref _state, Running, Queued) == Queued)
            {
                job.Work(worker);
                Volatile.Write(ref _state, Idle);
                return;
            }

            // Dropped, unless a call has queued it again in between.
            if (Interlocked.CompareExchange(ref _state, Idle, Revoked) == Revoked)
                return;
        }
    }
}
