using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace VarSparse.Kernels.Intrinsics;

/// <summary>Makes the intrinsics of this namespace known to an ILGPU context.</summary>
public static class IntrinsicRegistry
{
    private static readonly ImmutableArray<(MethodInfo Intrinsic, MethodInfo Generator)> Entries = FindIntrinsics();

    /// <summary>
    /// Registers the PTX generators of every intrinsic. Call it once per context, before the first PTX backend or CUDA accelerator
    /// of that context is created. The CPU accelerator needs no registration: it runs the C# bodies.
    /// </summary>
    /// <remarks>
    /// At optimization level O2 ILGPU 1.5 marks branches on an intrinsic's result as uniform across a warp, even where lanes differ,
    /// which is undefined behaviour. This library's own compiler corrects the text; with ILGPU's CUDA accelerator use level O1.
    /// </remarks>
    /// <param name="context">The context whose PTX backends shall know the intrinsics.</param>
    [RequiresDynamicCode(CudaAttention.CompilesKernels)]
    [RequiresUnreferencedCode(CudaAttention.CompilesKernels)]
    public static void Register(Context context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var manager = context.GetIntrinsicManager();
        foreach (var (intrinsic, generator) in Entries)
            manager.RegisterMethod(intrinsic, new PTXIntrinsic(generator, IntrinsicImplementationMode.GenerateCode));
    }

    private static ImmutableArray<(MethodInfo, MethodInfo)> FindIntrinsics()
    {
        const BindingFlags statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var found =
            from type in typeof(IntrinsicRegistry).Assembly.GetTypes()
            where type.Namespace == typeof(IntrinsicRegistry).Namespace
            from method in type.GetMethods(statics)
            let generator = method.GetCustomAttribute<PtxGeneratorAttribute>()
            where generator is not null
            select (method, type.GetMethod(generator.MethodName, statics)
                ?? throw new MissingMethodException(type.FullName, generator.MethodName));
        return [.. found];
    }
}
