namespace VarSparse.Kernels.Runtime;

/// <summary>
/// Turns PTX into a cubin that can be kept on disk. The driver's linker is its only way to hand a cubin out, and it treats the
/// PTX as relocatable (documented at cuLinkCreate): setmaxnreg is ignored and registers may spill that would not otherwise. So
/// its result is for <see cref="KernelLoader"/> to compare with the fully optimised module, not to use blindly.
/// </summary>
internal static unsafe class ModuleLinker
{
    internal static byte[] Link(PrimaryContext context, KernelSource source, out string compilerLog)
    {
        using var log = new JitLog(source.MaxRegisters);
        byte[]? cubin;
        byte[] text = KernelModule.NullTerminated(source.Ptx);
        fixed (byte* ptx = text)
        fixed (byte* name = KernelModule.NullTerminated(source.EntryPoint))
        {
            ContextScope scope = ContextScope.Enter(context, context);
            CudaResult result = Link(context.Driver, ptx, (nuint)text.Length, name, log, out cubin, out string call);
            scope.Leave(result, call, KernelModule.Subject(source.EntryPoint), source.EntryPoint, log.Error);
        }
        compilerLog = log.Info;
        return cubin!;
    }

    private static CudaResult Link(
        ICudaDriver driver, byte* ptx, nuint bytes, byte* name, JitLog log, out byte[]? cubin, out string call)
    {
        cubin = null;
        call = nameof(CudaNative.cuLinkCreate_v2);
        CudaResult result = driver.LinkCreate(log.OptionCount, log.Options, log.Values, out nint state);
        if (result != CudaResult.Success) return result;

        call = nameof(CudaNative.cuLinkAddData_v2);
        result = driver.LinkAddData(state, CudaJitInputType.Ptx, ptx, bytes, name);
        if (result == CudaResult.Success)
        {
            call = nameof(CudaNative.cuLinkComplete);
            result = driver.LinkComplete(state, out void* image, out nuint size);
            if (result == CudaResult.Success) cubin = new ReadOnlySpan<byte>(image, checked((int)size)).ToArray();
        }

        // The state owns the image, so it goes only after the copy; failing to destroy it must not hide the first error.
        CudaResult destroyed = driver.LinkDestroy(state);
        if (result != CudaResult.Success || destroyed == CudaResult.Success) return result;
        call = nameof(CudaNative.cuLinkDestroy);
        return destroyed;
    }
}
