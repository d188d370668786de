using System.Diagnostics;
using TorchSharp;

namespace VarSparse.StackBenchmarks;

/// <summary>Time, tensors and managed memory that this thread takes from one moment to the next.</summary>
internal sealed class HostMeter
{
    private readonly List<double> _microseconds = [];
    private long _tensors;
    private long _bytes;
    private long _startTensors;
    private long _startBytes;
    private long _start;

    public HostCost Cost => new()
    {
        Microseconds = Medians.Of(_microseconds),
        MeanMicroseconds = _microseconds.Average(),
        Tensors = (double)_tensors / _microseconds.Count,
        ManagedBytes = (double)_bytes / _microseconds.Count,
    };

    private static long TensorsMade
    {
        get
        {
            LifetimeStatistics statistics = DisposeScopeManager.Statistics.TensorStatistics;
            return statistics.CreatedInScopeCount + statistics.CreatedOutsideScopeCount;
        }
    }

    /// <summary>Counts from now on.</summary>
    public void Begin()
    {
        _startTensors = TensorsMade;
        _startBytes = GC.GetAllocatedBytesForCurrentThread();
        _start = Stopwatch.GetTimestamp();
    }

    /// <summary>Counts what came since the last call as one, and begins anew.</summary>
    public void Take()
    {
        _microseconds.Add(Stopwatch.GetElapsedTime(_start).TotalMicroseconds);
        _bytes += GC.GetAllocatedBytesForCurrentThread() - _startBytes;
        _tensors += TensorsMade - _startTensors;
        Begin();
    }
}
