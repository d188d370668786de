namespace VarSparse.Kernels.Intrinsics;

/// <summary>Names the method of the same class that writes the PTX of an intrinsic; the intrinsic's own body is what the CPU accelerator runs.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PtxGeneratorAttribute(string methodName) : Attribute
{
    /// <summary>Name of a static method (PTXBackend, PTXCodeGenerator, Value); generic where the intrinsic is.</summary>
    public string MethodName { get; } = methodName;
}
