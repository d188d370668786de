using System.Reflection;

namespace VarSparse.Kernels.Runtime;

/// <summary>Turns a C# kernel into PTX. Needs no GPU and no driver.</summary>
internal interface IKernelCompiler : IDisposable
{
    /// <summary>Compiles one kernel; safe to call from several threads.</summary>
    /// <param name="kernel">A static method returning void, generic parameters bound, explicitly grouped.</param>
    /// <param name="target">The architecture.</param>
    /// <param name="bounds">What launches will not exceed; it decides how many registers a thread may have.</param>
    PtxKernel Compile(MethodInfo kernel, PtxTarget target, LaunchBounds bounds);
}
