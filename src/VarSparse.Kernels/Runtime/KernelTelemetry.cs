using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace VarSparse.Kernels.Runtime;

/// <summary>The library's instruments, named as users subscribe to them. Costs nothing while nobody listens.</summary>
internal static class KernelTelemetry
{
    internal const string Name = "VarSparse";

    internal static readonly ActivitySource Activities = new(Name);

    internal static readonly Meter Meter = new(Name);

    /// <summary>Kernels the driver was given as PTX.</summary>
    internal static readonly Counter<long> Compiled = Meter.CreateCounter<long>("varsparse.kernels.compiled", "{kernel}");

    /// <summary>Kernels loaded as machine code from the disk cache.</summary>
    internal static readonly Counter<long> LoadedFromDisk = Meter.CreateCounter<long>("varsparse.kernels.loaded_from_disk", "{kernel}");

    internal static readonly Counter<long> Launches = Meter.CreateCounter<long>("varsparse.kernel.launches", "{launch}");

    internal static readonly Histogram<double> CompileTime = Meter.CreateHistogram<double>("varsparse.kernel.compile.duration", "s");

    /// <summary>Times the disk cache could not be read or written; the reason is a tag.</summary>
    internal static readonly Counter<long> DiskCacheProblems =
        Meter.CreateCounter<long>("varsparse.disk_cache.problems", "{problem}");

    /// <summary>Calls of attention; who computed it is a tag.</summary>
    internal static readonly Counter<long> AttentionCalls = Meter.CreateCounter<long>("varsparse.attention.calls", "{call}");

    internal static KeyValuePair<string, object?> KernelTag(string entryPoint) => new("kernel", entryPoint);

    internal static void CountAttention(AttentionBackend backend)
    {
        if (AttentionCalls.Enabled) CountAttention(backend.ToString());
    }

    /// <param name="backend">Who computed it: an <see cref="AttentionBackend"/>, "CPU" or "torch".</param>
    internal static void CountAttention(string backend)
    {
        if (AttentionCalls.Enabled) AttentionCalls.Add(1, new KeyValuePair<string, object?>("backend", backend));
    }
}
