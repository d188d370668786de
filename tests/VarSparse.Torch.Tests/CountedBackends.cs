using System.Diagnostics.Metrics;

namespace VarSparse.Torch.Tests;

/// <summary>What the library's meter says computed the attention calls of this thread; other tests report to the same meter at the same time.</summary>
internal sealed class CountedBackends : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<string> _backends = [];

    public CountedBackends()
    {
        int thread = Environment.CurrentManagedThreadId;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "VarSparse", Name: "varsparse.attention.calls" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId != thread)
                return;
            Assert.Equal(1, count);
            Assert.Equal("backend", tags[0].Key);
            _backends.Add((string)tags[0].Value!);
        });
        _listener.Start();
    }

    public IReadOnlyList<string> Backends => _backends;

    public void Dispose() => _listener.Dispose();
}
