using VarSparse.Kernels.Runtime;

namespace VarSparse.GpuBenchmarks;

/// <summary>Times work on the default stream between two events, so neither the host's launch nor its waiting counts.</summary>
internal sealed class EventTimer(CudaDevice device, bool coldCache) : IDisposable
{
    private const int WarmUps = 3;

    /// <summary>More than the L2 of any device so far; overwritten before each repetition of a cold timing.</summary>
    private const long L2Bytes = 256L << 20;

    private readonly CudaEvent _start = device.CreateEvent();
    private readonly CudaEvent _end = device.CreateEvent();
    private readonly DeviceMemory? _scratch = coldCache ? device.Allocate(L2Bytes) : null;

    /// <summary>Milliseconds of each repetition, ascending.</summary>
    /// <param name="launch">Starts the work and does not wait; gets the number of the repetition, so that inputs can rotate.</param>
    /// <param name="repeats">How many are timed, after warm-ups.</param>
    public float[] Milliseconds(Action<int> launch, int repeats = 30)
    {
        var times = new float[repeats];
        for (int i = 0; i < WarmUps + repeats; i++)
        {
            _scratch?.ClearAsync();
            _start.Record();
            launch(i);
            _end.Record();
            _end.Synchronize();
            if (i >= WarmUps)
                times[i - WarmUps] = _end.MillisecondsSince(_start);
        }

        Array.Sort(times);
        return times;
    }

    /// <summary>The middle one of the repetitions.</summary>
    /// <inheritdoc cref="Milliseconds" path="/param"/>
    public double Median(Action<int> launch, int repeats = 30) => Milliseconds(launch, repeats)[repeats / 2];

    public void Dispose()
    {
        _start.Dispose();
        _end.Dispose();
        _scratch?.Dispose();
    }
}
