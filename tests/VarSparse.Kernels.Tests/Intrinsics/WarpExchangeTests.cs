using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class WarpExchangeTests(KernelLab lab)
{
    private const int Outputs = 5;

    [TestKernel(Threads = 32)]
    private static void Everything(ulong input, ulong output)
    {
        uint lane = (uint)Group.IdxX;
        uint value = GlobalBytes.Load4(input + (lane * 4));
        ulong to = output + (lane * Outputs * 4);
        GlobalBytes.Store4(to, WarpVote.Ballot((value & 1) != 0));
        GlobalBytes.Store4(to + 4, WarpVote.Any(value == 0xFFFFFFFF) ? 1u : 0);
        GlobalBytes.Store4(to + 8, WarpSegment.Shuffle(value, 1, 2));
        GlobalBytes.Store4(to + 12, WarpSegment.Shuffle(value, 5, 16));
        GlobalBytes.Store4(to + 16, WarpSegment.Shuffle(value, 30, 32));
    }

    [Fact]
    public void Lanes_see_what_others_hold()
    {
        var random = new Random(7);
        uint[] input = [.. Enumerable.Range(0, 32).Select(_ => (uint)random.Next())];
        uint[] output = new uint[32 * Outputs];
        lab.Run(Everything, 32, 0, input, output);
        uint odd = 0;
        for (int lane = 0; lane < 32; lane++)
            odd |= (input[lane] & 1) << lane;
        for (int lane = 0; lane < 32; lane++)
        {
            uint[] expected = [odd, 0, input[lane | 1], input[(lane & 16) + 5], input[30]];
            Assert.Equal(expected, output.AsSpan(lane * Outputs, Outputs));
        }
    }

    [Fact]
    public void Ptx_is_one_instruction_each()
    {
        PtxKernel kernel = lab.Compile(((Action<ulong, ulong>)Everything).Method, PtxTarget.Sm80, 32);
        PtxAssert.Contains(kernel, 1, "vote.sync.ballot.b32 %r");
        PtxAssert.Contains(kernel, 1, "vote.sync.any.pred %p");
        PtxAssert.Contains(kernel, 1, ", 1, 7711, 0xffffffff;");
        PtxAssert.Contains(kernel, 1, ", 5, 4127, 0xffffffff;");
        PtxAssert.Contains(kernel, 1, ", 30, 31, 0xffffffff;");
    }
}
