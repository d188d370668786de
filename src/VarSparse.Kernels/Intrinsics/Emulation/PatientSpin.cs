using System.Diagnostics;

namespace VarSparse.Kernels.Intrinsics.Emulation;

/// <summary>CPU accelerator only: a wait on shared memory that turns a deadlock of the kernel into an error.</summary>
internal struct PatientSpin()
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly long _start = Stopwatch.GetTimestamp();
    private SpinWait _spin;

    public void Once(string what, long id)
    {
        _spin.SpinOnce();
        if (Stopwatch.GetElapsedTime(_start) > Patience)
            throw new TimeoutException($"{what} {id}: the other threads of the group did not arrive within {Patience.TotalSeconds:0} s");
    }
}
