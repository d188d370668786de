namespace VarSparse.Kernels.Runtime;

/// <summary>
/// What the compiled kernel needs, per thread or block, in bytes. <see cref="LocalBytes"/> above zero means spills or arrays in
/// local memory, which none of this library's kernels may have; a test gates on it.
/// </summary>
internal readonly record struct KernelAttributes(
    int Registers, int LocalBytes, int StaticSharedBytes, int MaxThreadsPerBlock, int BinaryVersion)
{
    internal static KernelAttributes Read(KernelModule module, nint function, string entryPoint) => new(
        Read(module, function, CudaFunctionAttribute.Registers, entryPoint),
        Read(module, function, CudaFunctionAttribute.LocalBytes, entryPoint),
        Read(module, function, CudaFunctionAttribute.StaticSharedBytes, entryPoint),
        Read(module, function, CudaFunctionAttribute.MaxThreadsPerBlock, entryPoint),
        Read(module, function, CudaFunctionAttribute.BinaryVersion, entryPoint));

    private static int Read(KernelModule module, nint function, CudaFunctionAttribute attribute, string entryPoint)
    {
        ContextScope scope = ContextScope.Enter(module.Context, module);
        CudaResult result = module.Context.Driver.FuncGetAttribute(out int value, attribute, function);
        scope.Leave(result, nameof(CudaNative.cuFuncGetAttribute), $"{attribute} {KernelModule.Subject(entryPoint)}", entryPoint);
        return value;
    }
}
