using System.Text.RegularExpressions;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Support;

internal static class PtxAssert
{
    /// <summary>The text holds a piece exactly so many times.</summary>
    public static void Contains(PtxKernel kernel, int times, string piece)
    {
        int found = Regex.Count(kernel.Text, Regex.Escape(piece));
        Assert.True(found == times, $"{kernel.EntryName} ({kernel.Target}): '{piece}' {found} times, {times} expected\n{kernel.Text}");
    }

    /// <summary>Nothing lives in local memory, and no intrinsic was left as a call.</summary>
    public static void KeepsRegisters(PtxKernel kernel)
    {
        foreach (string piece in (string[])[".local", "ld.local", "st.local", "call"])
            Contains(kernel, 0, piece);
    }
}
