using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

[Collection(nameof(Alone))]
public class ThreadingTests
{
    private static readonly SparsePattern Local = CrossScaleLocal.Create(
        ScaleSchedule.FromSides(1, 4, 9, 16), 3, new CrossScaleLocalOptions { SinkScales = 1, Windows = [1, 3, 3, 5], Tile = new TileShape(4, 4) });

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void The_number_of_threads_does_not_change_a_bit(int vectorBits)
    {
        SparsePattern masked = SparsePattern.FromDenseMask(RandomPatterns.RandomMask(new Random(8), 300, 90), QueryTiles.Raster(300, 200));
        foreach (SparsePattern pattern in new[] { Local, masked, SparsePattern.Dense(300, 90) })
        {
            var problem = new AttentionCase<float>(pattern, 2, 3, 16, seed: 8);
            using var alone = new CpuAttention(1, vectorBits);
            (float[] output, float[] sums) = problem.Run(alone);
            foreach (int threads in new[] { 2, 5 })
            {
                using var attention = new CpuAttention(threads, vectorBits);
                for (int run = 0; run < 3; run++)
                {
                    (float[] again, float[] sumsAgain) = problem.Run(attention);
                    Assert.Equal(output.Select(BitConverter.SingleToInt32Bits), again.Select(BitConverter.SingleToInt32Bits));
                    Assert.Equal(sums.Select(BitConverter.SingleToInt32Bits), sumsAgain.Select(BitConverter.SingleToInt32Bits));
                }
            }
        }
    }

    [Fact]
    public void Calls_at_once_from_eight_threads_do_not_disturb_each_other()
    {
        using var attention = new CpuAttention(3);
        AttentionCase<float>[] problems = [.. Enumerable.Range(0, 8).Select(seed => new AttentionCase<float>(Local, 1, 2, 8 + 8 * (seed % 3), seed))];
        float[][] expected = [.. problems.Select(problem => problem.Run(attention).Output)];
        var failures = new Exception?[8];
        Thread[] threads =
        [
            .. Enumerable.Range(0, 8).Select(i => new Thread(() => failures[i] = Record.Exception(() =>
            {
                for (int run = 0; run < 25; run++)
                    Assert.Equal(expected[i], problems[i].Run(attention).Output);
            }))),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public void A_pool_that_is_busy_elsewhere_does_not_hold_up_a_call()
    {
        using var attention = new CpuAttention(4);
        var problem = new AttentionCase<float>(Local, 1, 2, 16, seed: 9);
        float[] expected = problem.Run(attention).Output;
        float[][] busy = new float[5][];
        bool finished;
        using (new BusyPool())
        {
            var caller = new Thread(() =>
            {
                for (int run = 0; run < busy.Length; run++)
                    busy[run] = problem.Run(attention).Output;
            });
            caller.Start();
            finished = caller.Join(TimeSpan.FromSeconds(10));
        }

        Assert.True(finished, "the call waited for pool threads");
        Assert.All(busy, output => Assert.Equal(expected, output));

        // Tasks that the busy calls took back are dropped or used by the next calls.
        for (int run = 0; run < 20; run++)
            Assert.Equal(expected, problem.Run(attention).Output);
    }

    [Fact]
    public void Disposing_lets_calls_under_way_finish()
    {
        var problem = new AttentionCase<float>(Local, 2, 2, 32, seed: 10);
        using var shared = new CpuAttention(2);
        float[] expected = problem.Run(shared).Output;
        for (int run = 0; run < 20; run++)
        {
            var attention = new CpuAttention(2);
            using var started = new ManualResetEventSlim();
            Exception? failure = null;
            var caller = new Thread(() => failure = Record.Exception(CallUntilDisposed));
            caller.Start();
            started.Wait(TestContext.Current.CancellationToken);
            attention.Dispose();
            caller.Join();
            Assert.IsType<ObjectDisposedException>(failure);

            void CallUntilDisposed()
            {
                while (true)
                {
                    float[] output = problem.Run(attention).Output;
                    started.Set();
                    Assert.Equal(expected, output);
                }
            }
        }
    }

    [Fact]
    public void Disposing_twice_or_the_shared_instance_is_harmless()
    {
        var attention = new CpuAttention(1);
        attention.Dispose();
        attention.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new AttentionCase<float>(SparsePattern.Dense(1, 1), 1, 1, 8, 0).Run(attention));
        CpuAttention.Shared.Dispose();
        new AttentionCase<float>(Local, 1, 1, 8, 0).AssertMatchesReference(CpuAttention.Shared);
        Assert.Equal(Environment.ProcessorCount, CpuAttention.Shared.Threads);
    }
}
