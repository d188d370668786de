using System.Runtime.InteropServices;
using System.Text;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// The option arrays of one compilation and the two log buffers they point to. All of it is native memory, because the driver
/// keeps writing the sizes back and, with the linker, holds the value array until the link state is destroyed.
/// </summary>
internal sealed unsafe class JitLog : IDisposable
{
    private const int LogBytes = 16 * 1024;
    private const int MostOptions = 6;

    private readonly byte* _logs = (byte*)NativeMemory.AllocZeroed(2 * LogBytes);

    internal JitLog(int maxRegisters = 0)
    {
        Options = (CudaJitOption*)NativeMemory.AllocZeroed(MostOptions, sizeof(CudaJitOption));
        Values = (void**)NativeMemory.AllocZeroed(MostOptions, (nuint)sizeof(void*));

        // An option's value is the number itself in the pointer's place, not a pointer to it.
        Add(CudaJitOption.InfoLogBuffer, _logs);
        Add(CudaJitOption.InfoLogBufferBytes, (void*)LogBytes);
        Add(CudaJitOption.ErrorLogBuffer, _logs + LogBytes);
        Add(CudaJitOption.ErrorLogBufferBytes, (void*)LogBytes);
        Add(CudaJitOption.LogVerbose, (void*)1);
        if (maxRegisters > 0) Add(CudaJitOption.MaxRegisters, (void*)maxRegisters);
    }

    internal uint OptionCount { get; private set; }

    internal CudaJitOption* Options { get; }

    internal void** Values { get; }

    /// <summary>
    /// The compiler's remarks: registers, spills, "Potential Performance Loss". Empty when the driver found the code in its
    /// own cache and compiled nothing.
    /// </summary>
    internal string Info => Read(_logs);

    internal string Error => Read(_logs + LogBytes);

    public void Dispose()
    {
        NativeMemory.Free(Values);
        NativeMemory.Free(Options);
        NativeMemory.Free(_logs);
    }

    private static string Read(byte* log)
    {
        var bytes = new ReadOnlySpan<byte>(log, LogBytes);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]).Trim();
    }

    private void Add(CudaJitOption option, void* value)
    {
        Options[OptionCount] = option;
        Values[OptionCount] = value;
        OptionCount++;
    }
}
