using System.Reflection;
using System.Text;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// PTX of kernels on disk, beside their machine code: making it costs a process its first second, as ILGPU itself has to be compiled for
/// that. A compiler is asked for only when a kernel is not there. Thread-safe.
/// </summary>
/// <param name="disk">Where it is kept.</param>
/// <param name="compiler">Gives the compiler.</param>
internal sealed class SourceCache(DiskCache disk, Func<IKernelCompiler> compiler)
{
    private const char EndOfName = '\n';

    public KernelSource Get(MethodInfo method, PtxTarget target, LaunchBounds bounds)
    {
        var key = DiskCacheKey.OfMethod(method, target, bounds);
        if (disk.Read(key) is { } stored && Decode(stored) is { } kept)
            return kept;
        PtxKernel kernel = compiler().Compile(method, target, bounds);
        disk.Write(key, Encoding.UTF8.GetBytes(kernel.EntryName + EndOfName + kernel.Text));
        return new KernelSource(kernel.Text, kernel.EntryName);
    }

    private static KernelSource? Decode(byte[] stored)
    {
        string text = Encoding.UTF8.GetString(stored);
        int end = text.IndexOf(EndOfName, StringComparison.Ordinal);
        return end <= 0 ? null : new KernelSource(text[(end + 1)..], text[..end]);
    }
}
