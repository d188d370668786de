using System.Collections.Concurrent;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// A device's loaded kernels by key. Each is made once, however many threads ask at once; a hit takes no lock, and making one
/// kernel holds up only those who ask for the same one. A failure is not remembered: the next request tries again.
/// </summary>
/// <param name="loader">Loads for one device.</param>
/// <param name="source">Makes the PTX for a key; called at most once at a time for each key.</param>
internal sealed class KernelCache<TKey>(KernelLoader loader, Func<TKey, KernelSource> source) : IDisposable
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new();
    private volatile bool _disposed;

    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    internal LoadedKernel Get(TKey key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_entries.TryGetValue(key, out Entry? entry)) entry = _entries.GetOrAdd(key, new Entry());
        return entry.Kernel ?? Make(key, entry);
    }

    /// <summary>Disposes every kernel; those that are being made are waited for.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (Entry entry in _entries.Values)
        {
            lock (entry.Gate) entry.Kernel?.Dispose();
        }
    }

    private LoadedKernel Make(TKey key, Entry entry)
    {
        lock (entry.Gate)
        {
            // An entry is in the dictionary before this check, so Dispose either is seen here or finds the entry and waits.
            ObjectDisposedException.ThrowIf(_disposed, this);
            return entry.Kernel ??= loader.Load(source(key));
        }
    }

    private sealed class Entry
    {
        private volatile LoadedKernel? _kernel;

        internal Lock Gate { get; } = new();

        internal LoadedKernel? Kernel
        {
            get => _kernel;
            set => _kernel = value;
        }
    }
}
