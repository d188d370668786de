using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class AllTestKernelsTests(KernelLab lab)
{
    [Fact]
    public void Every_test_kernel_stays_in_registers_on_every_architecture()
    {
        foreach (var kernel in TestKernel.All)
            PtxAssert.KeepsRegisters(lab.Compile(kernel.Method, kernel.Target, kernel.Threads));
    }

    [Fact]
    public void Ptx_of_every_test_kernel_is_dumped_on_demand()
    {
        string? folder = Environment.GetEnvironmentVariable(PtxDump.FolderVariable);
        Assert.SkipWhen(folder is null, $"{PtxDump.FolderVariable} names no folder");
        Assert.True(PtxDump.WriteAll(lab, folder) > 0);
    }
}
