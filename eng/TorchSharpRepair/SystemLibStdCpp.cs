using System.Runtime.InteropServices;

namespace VarSparse.TorchSharpRepair;

internal static class SystemLibStdCpp
{
    /// <summary>
    /// Whether the libstdc++ that the dynamic loader picks on this machine has GCC 13.2's symbol; null when there is none. The
    /// loader itself is asked, so LD_LIBRARY_PATH, its cache and unusual directories count as they will for a program.
    /// </summary>
    public static bool? HasIosInit() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out nint library) ? NativeLibrary.TryGetExport(library, IosInitRepair.Symbol, out _) : null;
}
