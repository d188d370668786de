using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>Names one specialised attention kernel.</summary>
internal readonly record struct AttentionKernelKey(AttentionBackend Backend, AttentionElement Element, int HeadDimension, bool HasBias)
{
    /// <summary>Threads of a group.</summary>
    public static int Threads => HopperAttentionKernel.Threads;

    /// <summary>Compiles the kernel for a device that can run it.</summary>
    public KernelSource Compile(IKernelCompiler compiler)
    {
        Type element = Element == AttentionElement.BFloat16 ? typeof(Bf16) : typeof(Fp16);
        Type options = HasBias ? typeof(BiasOptions) : typeof(PlainOptions);
        Type[] arguments = HeadDimension == 64
            ? [element, typeof(HopperHead64), typeof(Accumulator64x64), options]
            : [element, typeof(HopperHead128), typeof(Accumulator64x128), options];
        Type kernel = typeof(HopperAttentionKernel<,,,>).MakeGenericType(arguments);
        PtxKernel compiled = compiler.Compile(kernel.GetMethod(HopperAttentionKernel.Run)!, PtxTarget.Sm90a, new LaunchBounds(Threads));
        return new KernelSource(compiled.Text, compiled.EntryName);
    }
}
