namespace VarSparse.Core.Tests.Attention;

/// <summary>Keeps the thread pool busy, with more work than it has threads, until it is disposed; then waits until that work is done.</summary>
internal sealed class BusyPool : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly CountdownEvent _done = new(200);

    public BusyPool()
    {
        for (int i = 0; i < _done.InitialCount; i++)
            ThreadPool.UnsafeQueueUserWorkItem(_ => { _release.Wait(); _done.Signal(); }, null);
    }

    public void Dispose()
    {
        _release.Set();
        _done.Wait();
        _release.Dispose();
        _done.Dispose();
    }
}
