using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Tests.Attention;

internal static class LaunchAssert
{
    /// <summary>The arguments of a launch have the sizes of the kernel's parameters.</summary>
    public static void Takes(PtxKernel kernel, in LaunchArguments arguments)
    {
        Assert.Equal(kernel.Parameters.Length, arguments.Count);
        for (int i = 0; i < arguments.Count; i++)
            Assert.True(kernel.Parameters[i].Bytes == arguments.Size(i), $"{kernel.Parameters[i]}: {arguments.Size(i)} bytes given");
    }
}
