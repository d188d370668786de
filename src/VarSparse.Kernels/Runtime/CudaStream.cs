namespace VarSparse.Kernels.Runtime;

/// <summary>A stream of its own; the default stream, torch's, is the handle 0 and needs no object.</summary>
internal sealed class CudaStream : CudaHandle
{
    private CudaStream(PrimaryContext context)
        : base(context)
    {
    }

    internal nint Handle => handle;

    internal static CudaStream Create(PrimaryContext context, CudaStreamFlags flags)
    {
        var stream = new CudaStream(context);
        try
        {
            ContextScope scope = ContextScope.Enter(context, stream);
            CudaResult result = context.Driver.StreamCreate(out nint created, flags);
            if (result == CudaResult.Success) stream.SetHandle(created);
            scope.Leave(result, nameof(CudaNative.cuStreamCreate));
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    internal void Synchronize()
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        scope.Leave(Driver.StreamSynchronize(handle), nameof(CudaNative.cuStreamSynchronize));
    }

    /// <summary>Work queued on this stream from now on waits for the event.</summary>
    internal void WaitFor(CudaEvent evt)
    {
        ContextScope scope = ContextScope.Enter(Context, this);
        CudaResult result = Driver.StreamWaitEvent(handle, evt.Handle);
        GC.KeepAlive(evt);
        scope.Leave(result, nameof(CudaNative.cuStreamWaitEvent));
    }

    protected override CudaResult Destroy() => Driver.StreamDestroy(handle);
}
