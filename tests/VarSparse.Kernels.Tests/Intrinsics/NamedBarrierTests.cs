using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class NamedBarrierTests(KernelLab lab)
{
    private const int Rounds = 5;
    private const int Full = 1, Empty = 2, Threads = 96;

    /// <summary>Warp 0 fills one word per lane for warps 1 and 2, which sum what they see; each waits only for what it needs.</summary>
    [TestKernel(Threads = Threads)]
    private static void Relay(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base();
        uint lane = (uint)Group.IdxX % 32, slot = shared + (lane * 4);
        if (Group.IdxX < 32)
        {
            for (uint round = 0; round < Rounds; round++)
            {
                NamedBarrier.Sync(Empty, Threads);
                SharedBytes.Store4(slot, GlobalBytes.Load4(input + (((round * 32) + lane) * 4)));
                NamedBarrier.Arrive(Full, Threads);
            }
        }
        else
        {
            uint sum = 0;
            for (uint round = 0; round < Rounds; round++)
            {
                NamedBarrier.Arrive(Empty, Threads);
                NamedBarrier.Sync(Full, Threads);
                sum = (sum * 3) + SharedBytes.Load4(shared + ((31 - lane) * 4));
            }
            GlobalBytes.Store4(output + (((uint)Group.IdxX - 32) * 4), sum);
        }
    }

    [Fact]
    public void Producer_and_consumers_take_turns()
    {
        var random = new Random(51);
        uint[] input = [.. Enumerable.Range(0, Rounds * 32).Select(_ => (uint)random.Next())];
        uint[] output = new uint[64];
        lab.Run(Relay, Threads, 128, input, output);
        for (int thread = 0; thread < 64; thread++)
        {
            uint expected = 0;
            for (int round = 0; round < Rounds; round++)
                expected = (expected * 3) + input[(round * 32) + 31 - (thread % 32)];
            Assert.Equal(expected, output[thread]);
        }
    }

    [Fact]
    public void Ptx_is_bar_sync_and_bar_arrive()
    {
        var kernel = lab.Compile(((Action<ulong, ulong>)Relay).Method, PtxTarget.Sm80, Threads);
        PtxAssert.Contains(kernel, 2, "bar.sync %r");
        PtxAssert.Contains(kernel, 2, "bar.arrive %r");
    }
}
