using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Brackets driver calls: <see cref="Enter"/> keeps the owner (the context, or what was made in it) alive and makes the context
/// current, <see cref="Leave"/> restores what was current before, lets go and only then raises what failed. Between the two
/// there are driver calls and nothing that can throw, so no try block is needed and the context stack stays balanced.
/// </summary>
internal readonly ref struct ContextScope
{
    private readonly PrimaryContext _context;
    private readonly SafeHandle _owner;
    private readonly bool _pushed;

    private ContextScope(PrimaryContext context, SafeHandle owner, bool pushed)
    {
        _context = context;
        _owner = owner;
        _pushed = pushed;
    }

    /// <exception cref="ObjectDisposedException">The device or <paramref name="owner"/> is disposed.</exception>
    internal static ContextScope Enter(PrimaryContext context, SafeHandle owner)
    {
        // The owner's reference keeps a closed context alive, but a disposed device takes no new work.
        ObjectDisposedException.ThrowIf(context.IsDisposed, typeof(CudaDevice));
        bool held = false;
        owner.DangerousAddRef(ref held);
        CudaResult result = context.MakeCurrent(out bool pushed, out string call);
        if (result != CudaResult.Success)
        {
            owner.DangerousRelease();
            throw CudaFailure.Describe(context.Driver, result, call, lastLaunched: context.LastLaunched);
        }
        return new ContextScope(context, owner, pushed);
    }

    internal void Leave(CudaResult result, string call, string? subject = null, string? kernel = null, string? compilerLog = null)
    {
        CudaResult restored = _context.Restore(_pushed);
        _owner.DangerousRelease();
        if (result != CudaResult.Success)
            throw CudaFailure.Describe(_context.Driver, result, call, subject, kernel, compilerLog, _context.LastLaunched);
        if (restored != CudaResult.Success)
            throw CudaFailure.Describe(
                _context.Driver, restored, nameof(CudaNative.cuCtxPopCurrent_v2), lastLaunched: _context.LastLaunched);
    }
}
