using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace VarSparse.Kernels.Tests.Runtime;

/// <summary>What ILGPU really writes, for the tests of the code that reads it.</summary>
internal static class IlgpuPtx
{
    internal static string Compile(string method)
    {
        using Context context = Context.Create(builder => builder.Default());
        return Compile(context, method);
    }

    internal static string Compile(Context context, string method)
    {
        MethodInfo kernel = typeof(IlgpuPtx).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!;
        using var backend = new PTXBackend(
            context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default);
        return compiled.PTXAssembly;
    }

    internal static void Scale(ArrayView<float> values, Options options, int count, double factor, byte flag)
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (i >= count || flag == 0) return;
        for (int k = 0; k < options.Repeats; k++) values[i] = (float)((values[i] * factor) + options.Offset);
    }

    internal static void ScaleFaster(ArrayView<float> values, Options options, int count, double factor, byte flag)
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (i >= count || flag == 0) return;
        values[i] = (float)((values[i] * factor) + options.Offset);
    }

    internal readonly struct Options(long stride, int repeats, float offset)
    {
        public readonly long Stride = stride;
        public readonly int Repeats = repeats;
        public readonly float Offset = offset;
    }
}
