using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VarSparse.Samples.EmojiVar;

/// <summary>
/// Counts the calls into CUDA's runtime and driver, by name, as CUPTI reports them: kernel launches, waits, copies. A driver call that
/// the runtime makes itself counts once, as the runtime's. For one thread that calls CUDA.
/// </summary>
internal sealed unsafe class DriverTrace : IDisposable
{
    private const int DriverDomain = 1;
    private const int RuntimeDomain = 2;

    private static readonly string[] s_libraries = ["libcupti.so.13", "libcupti.so.12", "libcupti.so"];

    private readonly Dictionary<nint, int> _calls = [];
    private readonly nint _library;
    private readonly nint _subscriber;
    private GCHandle _self;
    private int _runtimeCalls;

    /// <exception cref="BadOptionException">There is no CUPTI here, or it refuses.</exception>
    public DriverTrace()
    {
        foreach (string name in s_libraries)
        {
            if (NativeLibrary.TryLoad(name, out _library))
                break;
        }

        if (_library == 0)
            throw new BadOptionException($"--trace: found none of {string.Join(", ", s_libraries)}, which come with the CUDA toolkit and with torch");
        _self = GCHandle.Alloc(this);
        nint subscriber = 0;
        var subscribe = (delegate* unmanaged[Cdecl]<nint*, void*, nint, int>)NativeLibrary.GetExport(_library, "cuptiSubscribe");
        delegate* unmanaged[Cdecl]<nint, int, uint, CallbackData*, void> callback = &OnCall;
        Check(subscribe(&subscriber, callback, GCHandle.ToIntPtr(_self)), "cuptiSubscribe");
        _subscriber = subscriber;
        Enable(DriverDomain);
        Enable(RuntimeDomain);
    }

    /// <summary>The calls since the last time, by name, most frequent first.</summary>
    public IReadOnlyList<(string Name, int Calls)> Take()
    {
        lock (_calls)
        {
            (string Name, int Calls)[] taken =
                [.. _calls.Select(call => (Name: Marshal.PtrToStringUTF8(call.Key) ?? "?", Calls: call.Value)).OrderByDescending(call => call.Calls)];
            _calls.Clear();
            return taken;
        }
    }

    public void Dispose()
    {
        var unsubscribe = (delegate* unmanaged[Cdecl]<nint, int>)NativeLibrary.GetExport(_library, "cuptiUnsubscribe");
        unsubscribe(_subscriber);
        _self.Free();
    }

    private void Enable(int domain)
    {
        var enable = (delegate* unmanaged[Cdecl]<uint, nint, int, int>)NativeLibrary.GetExport(_library, "cuptiEnableDomain");
        Check(enable(1, _subscriber, domain), "cuptiEnableDomain");
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
            throw new BadOptionException($"--trace: {call} gave error {result}");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnCall(nint self, int domain, uint call, CallbackData* data)
    {
        if (GCHandle.FromIntPtr(self).Target is DriverTrace trace)
            trace.Count(domain, isExit: data->Site != 0, data->FunctionName);
    }

    private void Count(int domain, bool isExit, nint name)
    {
        lock (_calls)
        {
            if (domain == RuntimeDomain)
                _runtimeCalls += isExit ? -1 : 1;
            bool isInside = domain == DriverDomain && _runtimeCalls > 0;
            if (!isExit && !isInside)
                CollectionsMarshal.GetValueRefOrAddDefault(_calls, name, out _)++;
        }
    }

    /// <summary>The beginning of CUpti_CallbackData.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct CallbackData
    {
        public readonly int Site; // 0 where the call begins, 1 where it ends
        public readonly nint FunctionName;
    }
}
