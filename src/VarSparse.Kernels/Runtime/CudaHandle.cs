using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Something made in a context. Disposing it late, from any thread or from the finalizer, is safe: it holds its context, and the
/// context is made current around the release. A release that fails is not raised: it can only repeat a fault that every
/// checked call of the same context reports, and it would hide the exception that led to the disposal.
/// </summary>
internal abstract class CudaHandle : SafeHandle
{
    // False where the constructor threw: the finalizer runs all the same.
    private readonly bool _holdsContext;

    protected CudaHandle(PrimaryContext context)
        : base(0, ownsHandle: true)
    {
        Context = context;
        ObjectDisposedException.ThrowIf(context.IsDisposed, typeof(CudaDevice));
        context.DangerousAddRef(ref _holdsContext);
    }

    /// <summary>Never: the reference on the context must be let go even where creating the object itself failed.</summary>
    public sealed override bool IsInvalid => false;

    protected internal PrimaryContext Context { get; }

    protected ICudaDriver Driver => Context.Driver;

    protected abstract CudaResult Destroy();

    protected sealed override bool ReleaseHandle()
    {
        CudaResult result = CudaResult.Success;
        if (handle != 0)
        {
            result = Context.MakeCurrent(out bool pushed, out _);
            if (result == CudaResult.Success)
            {
                result = Destroy();
                Context.Restore(pushed);
            }
        }
        if (_holdsContext) Context.DangerousRelease();
        return result == CudaResult.Success;
    }
}
