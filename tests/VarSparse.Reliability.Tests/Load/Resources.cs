using System.Diagnostics;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Load;

/// <summary>What the process holds at a moment.</summary>
/// <param name="Managed">Bytes of live managed objects.</param>
/// <param name="Resident">Bytes of memory, native and managed.</param>
/// <param name="Tensors">Live tensors.</param>
/// <param name="Handles">Open file handles; 0 where the system does not list them.</param>
internal readonly record struct Resources(long Managed, long Resident, long Tensors, int Handles)
{
    public static Resources Now()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        int handles = Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;
        return new(GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64, Tensor.TotalCount, handles);
    }

    public override string ToString() => FormattableString.Invariant(
        $"managed {Managed / 1048576.0:F1} MiB, resident {Resident / 1048576.0:F1} MiB, {Tensors} tensors, {Handles} file handles");
}
