using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

namespace VarSparse.Kernels.Runtime;

/// <summary>Finds the driver's library and checks that it exports what <see cref="CudaNative"/> calls.</summary>
internal static class CudaLibrary
{
    /// <summary>
    /// The last name is where WSL keeps the Windows driver's library when its linker path is not set up. nvcuda.dll is only
    /// taken from System32, where the driver installs it, so no file beside the program can pose as it.
    /// </summary>
    internal static IReadOnlyList<string> Names { get; } =
        OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    internal static IReadOnlyList<string> RequiredSymbols { get; } =
        [.. typeof(CudaNative).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(method => method.Name)
            .Where(name => name.StartsWith("cu", StringComparison.Ordinal))];

    /// <summary>Loads the first library of <paramref name="names"/> that exists; false with a one-line reason otherwise.</summary>
    internal static bool TryLoad(
        IReadOnlyList<string> names, IReadOnlyList<string> requiredSymbols, out nint handle, [NotNullWhen(false)] out string? reason)
    {
        handle = 0;
        string? found = null;
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, typeof(CudaLibrary).Assembly, DllImportSearchPath.System32, out handle))
            {
                found = name;
                break;
            }
        }
        if (found is null)
        {
            reason = $"no NVIDIA driver found (looked for {string.Join(", ", names)})";
            return false;
        }

        nint library = handle;
        string[] missing = [.. requiredSymbols.Where(symbol => !NativeLibrary.TryGetExport(library, symbol, out _))];
        if (missing.Length > 0)
        {
            NativeLibrary.Free(handle);
            handle = 0;
            reason = $"the NVIDIA driver's {found} lacks {string.Join(", ", missing)}; a driver for CUDA 11.0 or newer is needed";
            return false;
        }

        reason = null;
        return true;
    }
}
