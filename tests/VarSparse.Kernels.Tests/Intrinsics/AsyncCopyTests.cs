using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class AsyncCopyTests(KernelLab lab)
{
    private const int Threads = 64;

    /// <summary>Two groups of copies in flight: whole pieces, then pieces of which only the first (thread mod 17) bytes exist.</summary>
    [TestKernel(Threads = Threads)]
    private static void CopyTwice(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        uint own = (uint)Group.IdxX * 16;
        AsyncCopy.Copy16(shared + own, input + own);
        AsyncCopy.Commit();
        AsyncCopy.Copy16(shared + (Threads * 16) + own, input + own, Group.IdxX % 17);
        AsyncCopy.Commit();
        AsyncCopy.Wait(1);
        Group.Barrier();
        uint neighbour = own ^ 16;
        GlobalBytes.Store16(output + own, SharedBytes.Load16(shared + neighbour));
        AsyncCopy.Wait(0);
        Group.Barrier();
        GlobalBytes.Store16(output + (Threads * 16) + own, SharedBytes.Load16(shared + (Threads * 16) + neighbour));
    }

    [Fact]
    public void Copies_arrive_and_missing_bytes_are_zero()
    {
        byte[] input = new byte[Threads * 16];
        new Random(31).NextBytes(input);
        byte[] output = new byte[2 * input.Length];
        lab.Run(CopyTwice, Threads, 2 * input.Length, input, output);

        for (int i = 0; i < input.Length; i++)
        {
            int source = i ^ 16;
            Assert.Equal(input[source], output[i]);
            Assert.Equal(source % 16 < source / 16 % 17 ? input[source] : 0, output[input.Length + i]);
        }
    }

    [Fact]
    public void Ptx_is_cp_async_past_L1_with_its_groups()
    {
        var kernel = lab.Compile(((Action<ulong, ulong>)CopyTwice).Method, PtxTarget.Sm80, Threads);
        PtxAssert.Contains(kernel, 2, "cp.async.cg.shared.global [%r");
        PtxAssert.Contains(kernel, 1, "], 16;");
        PtxAssert.Contains(kernel, 1, "], 16, %r");
        PtxAssert.Contains(kernel, 2, "cp.async.commit_group;");
        PtxAssert.Contains(kernel, 1, "cp.async.wait_group 1;");
        PtxAssert.Contains(kernel, 1, "cp.async.wait_group 0;");
    }
}
