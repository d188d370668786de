using System.Diagnostics;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;
using static TorchSharp.torch;

namespace VarSparse.Reliability.Tests.Load;

/// <summary>Eight threads compute over shared patterns while others build, drop and dispose: no wrong bit, nothing left behind.</summary>
public sealed class ApplyUnderLoadTests(ITestOutputHelper output)
{
    private const int Callers = 8, Stages = 5;
    private const long ManagedSlack = 4 << 20, ResidentSlack = 64 << 20;

    [Fact]
    public void Results_are_right_and_memory_is_steady()
    {
        const int seed = 90_001;
        int calls = Effort.Of(400, 10_000);
        var random = new Random(seed);
        manual_seed(seed);
        SparsePattern[] patterns = Problem.Patterns(random, 24);
        Problem[] problems = [.. Enumerable.Range(0, 64).Select(_ => new Problem(random, patterns[random.Next(patterns.Length)]))];
        int threads = get_num_threads();
        set_num_threads(2);
        try
        {
            // Warm: pools, buffers and compiled code are there.
            Run(problems, calls / Stages, seed);
            Resources start = Resources.Now();
            output.WriteLine($"seed {seed}, {Callers} x {calls} calls; warm: {start}");
            Resources after = start;
            long begin = Stopwatch.GetTimestamp();
            for (int stage = 1; stage <= Stages; stage++)
            {
                Run(problems, calls / Stages, seed + stage);
                after = Resources.Now();
                output.WriteLine($"after {stage} of {Stages}: {after}");
                Assert.Equal(start.Tensors, after.Tensors);
                Assert.InRange(after.Managed, 0, start.Managed + ManagedSlack);
                Assert.InRange(after.Resident, 0, start.Resident + ResidentSlack);
            }

            output.WriteLine($"{Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s");
            Assert.InRange(after.Handles, 0, start.Handles + 4);
        }
        finally
        {
            set_num_threads(threads);
            Array.ForEach(problems, problem => problem.Dispose());
        }
    }

    private static void Run(Problem[] problems, int calls, int seed)
    {
        using var stop = new CancellationTokenSource();
        Exception? failure = null;
        Thread[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Start(() =>
        {
            var random = new Random(seed * 100 + caller);
            for (int call = 0; call < calls; call++)
            {
                Problem problem = problems[random.Next(problems.Length)];
                if (call % 50 == 49)
                    problem.CheckRefused();
                problem.Check();
            }
        }))];
        Thread[] others = [Start(() => BuildAndDrop(seed, stop.Token)), Start(() => OpenAndDispose(seed, stop.Token))];
        Array.ForEach(callers, caller => caller.Join());
        stop.Cancel();
        Array.ForEach(others, other => other.Join());
        Assert.True(failure is null, $"seed {seed}: {failure}");

        Thread Start(Action action)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    action();
                }
                catch (Exception error)
                {
                    Interlocked.CompareExchange(ref failure, error, null);
                }
            });
            thread.Start();
            return thread;
        }
    }

    /// <summary>Patterns that live for one call.</summary>
    private static void BuildAndDrop(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            SparsePattern pattern = Properties.SmallPatterns.Of(random, 36, 61).Union(Properties.SmallPatterns.Of(random, 36, 61)).Restrict([1, 2, 30]);
            using var problem = new Problem(random, pattern);
            problem.Check();
            _ = CrossScaleLocal.Create(ScaleSchedule.Var256, random.Next(10)).ToText();
            Thread.Sleep(1);
        }
    }

    /// <summary>Backends that are disposed while calls are under way.</summary>
    private static void OpenAndDispose(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            var attention = new CpuAttention(threads: 3);
            SparsePattern pattern = Properties.SmallPatterns.Next(random);
            var values = new float[100 * 8];
            var output = new float[pattern.QueryCount * 8];
            var running = new Thread(() =>
            {
                try
                {
                    while (true)
                        attention.Run<float>(new(values, Layout(pattern.QueryCount)), new(values, Layout(pattern.KeyCount)), new(values, Layout(pattern.KeyCount)), pattern, new(output, Layout(pattern.QueryCount)));
                }
                catch (ObjectDisposedException)
                {
                    // What was waited for.
                }
            });
            running.Start();
            Thread.Sleep(2);
            attention.Dispose();
            running.Join();
        }

        static AttentionLayout Layout(int tokens) => AttentionLayout.HeadsFirst(1, 1, tokens, 8);
    }
}
