namespace VarSparse.Kernels.Runtime;

/// <summary>A mark in a stream, to wait for or to time with.</summary>
internal sealed class CudaEvent : CudaHandle
{
    private CudaEvent(PrimaryContext context)
        : base(context)
    {
    }

    internal nint Handle => handle;

    internal static CudaEvent Create(PrimaryContext context, CudaEventFlags flags)
    {
        var evt = new CudaEvent(context);
        try
        {
            ContextScope scope = ContextScope.Enter(context, evt);
            CudaResult result = context.Driver.EventCreate(out nint created, flags);
            if (result == CudaResult.Success) evt.SetHandle(created);
            scope.Leave(result, nameof(CudaNative.cuEventCreate));
            return evt;
        }
        catch
        {
            evt.Dispose();
            throw;
        }
    }

    internal void Record(nint stream = 0)
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(Driver.EventRecord(handle, stream), nameof(CudaNative.cuEventRecord));
    }

    internal void Synchronize()
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(Driver.EventSynchronize(handle), nameof(CudaNative.cuEventSynchronize));
    }

    /// <summary>Milliseconds from <paramref name="start"/> to this event; both must be reached and made with timing.</summary>
    internal float MillisecondsSince(CudaEvent start)
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        CudaResult result = Driver.EventElapsedTime(out float milliseconds, start.handle, handle);
        GC.KeepAlive(start);
        scope.Leave(result, nameof(CudaNative.cuEventElapsedTime));
        return milliseconds;
    }

    protected override CudaResult Destroy() => Driver.EventDestroy(handle);
}
