using System.Reflection;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Support;

/// <summary>Marks a kernel of the tests: its PTX is checked for local memory on every architecture it runs on, and dumped on demand.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TestKernelAttribute : Attribute
{
    /// <summary>Whether the kernel needs instructions of sm_90a alone; else it is for sm_80 and everything later.</summary>
    public bool Hopper { get; init; }

    /// <summary>Threads of its group.</summary>
    public int Threads { get; init; } = 128;
}

/// <summary>A test kernel for one architecture.</summary>
internal sealed record TestKernel(MethodInfo Method, PtxTarget Target, int Threads)
{
    private static readonly PtxTarget[] Everywhere = [PtxTarget.Sm80, PtxTarget.Sm86, PtxTarget.Sm89, PtxTarget.Sm90a, PtxTarget.Sm100, PtxTarget.Sm120];

    /// <summary>All marked kernels of this assembly; a generic one once per element type.</summary>
    public static IEnumerable<TestKernel> All =>
        from type in typeof(TestKernel).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let mark = method.GetCustomAttribute<TestKernelAttribute>()
        where mark is not null
        from bound in method.IsGenericMethodDefinition
            ? new[] { method.MakeGenericMethod(typeof(Bf16)), method.MakeGenericMethod(typeof(Fp16)) }
            : [method]
        from target in mark.Hopper ? [PtxTarget.Sm90a] : Everywhere
        select new TestKernel(bound, target, mark.Threads);

    /// <summary>A name that fits a file.</summary>
    public string Name =>
        $"{Method.DeclaringType!.Name}.{Method.Name}{string.Concat(Method.GetGenericArguments().Select(type => "." + type.Name))}.{Target}";
}
