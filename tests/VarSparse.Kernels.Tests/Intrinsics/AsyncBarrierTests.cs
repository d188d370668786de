using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Runtime;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

public sealed class AsyncBarrierTests(KernelLab lab)
{
    private const int Rounds = 7, Stages = 2, Group1 = 128, Threads = 2 * Group1;
    private const int StageBytes = Group1 * 16;

    /// <summary>
    /// Warp group 0 copies one piece per thread and round into a ring of two stages; warp group 1 sums its mirrored pieces. Full and
    /// empty barriers of every stage keep them apart.
    /// </summary>
    [TestKernel(Hopper = true, Threads = Threads)]
    private static void Ring(ulong input, ulong output)
    {
        uint stages = SharedBytes.Base(), full = stages + (Stages * StageBytes), empty = full + (Stages * AsyncBarrier.Bytes);
        if (Group.IdxX == 0)
        {
            for (uint stage = 0; stage < Stages; stage++)
            {
                AsyncBarrier.Initialize(full + (stage * AsyncBarrier.Bytes), Group1);
                AsyncBarrier.Initialize(empty + (stage * AsyncBarrier.Bytes), Group1);
            }
        }
        Group.Barrier();
        uint thread = (uint)Group.IdxX % Group1, sum = 0;
        if (Group.IdxX < Group1)
        {
            RegisterBudget.Decrease(24);
            for (uint round = 0; round < Rounds; round++)
            {
                uint stage = round % Stages;
                AsyncBarrier.Wait(empty + (stage * AsyncBarrier.Bytes), (int)((round / Stages) & 1) ^ 1);
                AsyncCopy.Copy16(stages + (stage * StageBytes) + (thread * 16), input + (((round * Group1) + thread) * 16));
                AsyncBarrier.ArriveAfterCopies(full + (stage * AsyncBarrier.Bytes));
            }
        }
        else
        {
            RegisterBudget.Increase(240);
            for (uint round = 0; round < Rounds; round++)
            {
                uint stage = round % Stages;
                AsyncBarrier.Wait(full + (stage * AsyncBarrier.Bytes), (int)(round / Stages) & 1);
                var piece = SharedBytes.Load16(stages + (stage * StageBytes) + ((Group1 - 1 - thread) * 16));
                AsyncBarrier.Arrive(empty + (stage * AsyncBarrier.Bytes));
                sum = (sum * 5) + piece.W0 + piece.W3;
            }
            GlobalBytes.Store4(output + (thread * 4), sum);
        }
    }

    /// <summary>One thread fetches 512 bytes in two bulk copies; the others see them when their bytes have come.</summary>
    [TestKernel(Hopper = true, Threads = 64)]
    private static void Bulk(ulong input, ulong output)
    {
        uint shared = SharedBytes.Base(), barrier = shared + 512;
        if (Group.IdxX == 0)
            AsyncBarrier.Initialize(barrier, 1);
        WarpGroup.FenceAsyncProxy();
        Group.Barrier();
        bool early = AsyncBarrier.TryWait(barrier, 0);
        Group.Barrier();
        if (Group.IdxX == 0)
        {
            AsyncBarrier.ArriveAndExpect(barrier, 512);
            AsyncCopy.CopyBulk(shared, input, 384, barrier);
            AsyncCopy.CopyBulk(shared + 384, input + 384, 128, barrier);
        }
        AsyncBarrier.Wait(barrier, 0);
        ulong to = output + ((uint)Group.IdxX * 16);
        var half = new Bytes16(
            SharedBytes.Load4(shared + ((uint)Group.IdxX * 8)), SharedBytes.Load4(shared + ((uint)Group.IdxX * 8) + 4),
            early ? 1u : 0u, AsyncBarrier.TryWait(barrier, 0) ? 1u : 0u);
        GlobalBytes.Store16(to, half);
    }

    [Fact]
    public void Producers_and_consumers_pass_a_ring_of_stages()
    {
        var random = new Random(71);
        uint[] input = [.. Enumerable.Range(0, Rounds * Group1 * 4).Select(_ => (uint)random.Next())];
        uint[] output = new uint[Group1];
        lab.Run(Ring, Threads, (Stages * StageBytes) + (2 * Stages * AsyncBarrier.Bytes), input, output);
        for (int thread = 0; thread < Group1; thread++)
        {
            uint sum = 0;
            for (int round = 0; round < Rounds; round++)
            {
                int piece = ((round * Group1) + Group1 - 1 - thread) * 4;
                sum = (sum * 5) + input[piece] + input[piece + 3];
            }
            Assert.Equal(sum, output[thread]);
        }
    }

    [Fact]
    public void Bulk_copies_end_a_phase_by_their_bytes()
    {
        uint[] input = [.. Enumerable.Range(0, 128).Select(i => (uint)(i * i))];
        uint[] output = new uint[64 * 4];
        lab.Run(Bulk, 64, 512 + AsyncBarrier.Bytes, input, output);
        for (int thread = 0; thread < 64; thread++)
            Assert.Equal([input[2 * thread], input[(2 * thread) + 1], 0, 1], output[(4 * thread)..((4 * thread) + 4)]);
    }

    [Fact]
    public void Ptx_uses_the_documented_forms()
    {
        var ring = lab.Compile(((Action<ulong, ulong>)Ring).Method, PtxTarget.Sm90a, Threads);
        PtxAssert.Contains(ring, 2, "mbarrier.init.shared.b64 [%r");
        PtxAssert.Contains(ring, 1, "mbarrier.arrive.shared.b64 _, [%r");
        PtxAssert.Contains(ring, 2, "mbarrier.try_wait.parity.shared.b64 ended, [%r");
        PtxAssert.Contains(ring, 1, "cp.async.mbarrier.arrive.noinc.shared.b64 [%r");
        PtxAssert.Contains(ring, 1, "setmaxnreg.dec.sync.aligned.u32 24;");
        PtxAssert.Contains(ring, 1, "setmaxnreg.inc.sync.aligned.u32 240;");
        var bulk = lab.Compile(((Action<ulong, ulong>)Bulk).Method, PtxTarget.Sm90a, 64);
        PtxAssert.Contains(bulk, 1, "mbarrier.arrive.expect_tx.shared.b64 _, [%r");
        PtxAssert.Contains(bulk, 2, "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r");
        PtxAssert.Contains(bulk, 2, "mbarrier.try_wait.parity.shared.b64 %p");
    }
}
