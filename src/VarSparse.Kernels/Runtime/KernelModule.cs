using System.Text;

namespace VarSparse.Kernels.Runtime;

/// <summary>A CUmodule: PTX that the driver compiled for the device, or a cubin it took as it is.</summary>
internal sealed unsafe class KernelModule : CudaHandle
{
    private KernelModule(PrimaryContext context)
        : base(context)
    {
    }

    /// <summary>What the driver's compiler said; empty for a cubin.</summary>
    internal string CompilerLog { get; private set; } = "";

    /// <summary>
    /// Compiles the whole module at once (cuModuleLoadDataEx), which is the only way the driver optimises fully; it keeps the
    /// result in its own cache (CUDA_CACHE_PATH).
    /// </summary>
    internal static KernelModule LoadPtx(PrimaryContext context, KernelSource source)
    {
        using var log = new JitLog(source.MaxRegisters);
        return Load(context, NullTerminated(source.Ptx), source.EntryPoint, log);
    }

    internal static KernelModule LoadCubin(PrimaryContext context, byte[] cubin, string entryPoint)
    {
        using var log = new JitLog();
        return Load(context, cubin, entryPoint, log);
    }

    /// <summary>The kernel's CUfunction, valid as long as this module.</summary>
    internal nint GetFunction(string entryPoint)
    {
        fixed (byte* name = NullTerminated(entryPoint))
        {
            ContextScope scope = ContextScope.Enter(Context, this);
            CudaResult result = Driver.ModuleGetFunction(out nint function, handle, name);
            scope.Leave(result, nameof(CudaNative.cuModuleGetFunction), Subject(entryPoint), entryPoint);
            return function;
        }
    }

    internal static byte[] NullTerminated(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    internal static string Subject(string entryPoint) => $"of kernel '{entryPoint}'";

    protected override CudaResult Destroy() => Driver.ModuleUnload(handle);

    private static KernelModule Load(PrimaryContext context, byte[] image, string entryPoint, JitLog log)
    {
        var module = new KernelModule(context);
        try
        {
            fixed (byte* pointer = image)
            {
                ContextScope scope = ContextScope.Enter(context, module);
                CudaResult result = context.Driver.ModuleLoadDataEx(
                    out nint loaded, pointer, log.OptionCount, log.Options, log.Values);
                if (result == CudaResult.Success) module.SetHandle(loaded);
                scope.Leave(result, nameof(CudaNative.cuModuleLoadDataEx), Subject(entryPoint), entryPoint, log.Error);
            }
            module.CompilerLog = log.Info;
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }
}
