using System.Diagnostics;
using TorchSharp;
using VarSparse.Benchmarks.Measuring;
using VarSparse.GpuBenchmarks;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Advice;

/// <summary>Measures dense attention and the candidates at the last scales, in turns, so that a slow moment of the machine hits all alike.</summary>
internal sealed class AdviceBench(Problem problem, IReadOnlyList<Candidate> candidates)
{
    private const int Rounds = 7;
    private const int Seed = 1;
    private const double WarmUpMilliseconds = 40;
    private const double SampleMilliseconds = 5;

    /// <summary>Dense attention of the largest scale is timed on as many heads as take about this long on a CPU; time is in proportion to them.</summary>
    private const double DenseSeconds = 0.1;

    /// <summary>How many of the batch's heads were timed.</summary>
    public int MeasuredHeads { get; private set; }

    public IReadOnlyList<ScaleTimes> Measure()
    {
        using IDisposable inference = inference_mode();
        _ = manual_seed(Seed);
        MeasuredHeads = HeadsToMeasure();
        return [.. Enumerable.Range(problem.FirstScale, problem.Scales).Select(Measure)];
    }

    private ScaleTimes Measure(int scale)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor k, Tensor v) = Inputs(scale, MeasuredHeads);
        SparsePattern dense = SparsePattern.Dense((int)q.size(2), (int)k.size(2));
        double[] medians = Medians(
        [
            () => nn.functional.scaled_dot_product_attention(q, k, v).Dispose(),
            () => SparseAttention.Apply(q, k, v, dense).Dispose(),
            .. candidates.Select(candidate => candidate.Prepare(problem.Schedule, scale, q, k, v)),
        ]);
        double all = (double)problem.Batch * problem.Heads / MeasuredHeads;
        return new ScaleTimes(scale, all * medians[0], all * medians[1], [.. medians.Skip(2).Select(time => all * time)]);
    }

    private double[] Medians(Action[] calls)
    {
        double[][] times = [.. calls.Select(_ => new double[Rounds])];
        using EventTimer? timer = problem.Device.type == DeviceType.CUDA ? GpuTimers.Cold(problem.Device) : null;
        int[] repeats = [.. calls.Select(call => timer is null ? HostRepeats(call) : 3)];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < calls.Length; i++)
                times[i][round] = timer?.Median(_ => calls[i](), repeats[i]) ?? HostMilliseconds(calls[i], repeats[i]);
        }

        return [.. times.Select(Middle)];
    }

    private int HeadsToMeasure()
    {
        int all = problem.Batch * problem.Heads;
        if (problem.Device.type == DeviceType.CUDA)
            return all;
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor k, Tensor v) = Inputs(problem.Schedule.Count - 1, heads: 1);
        Action dense = () => nn.functional.scaled_dot_product_attention(q, k, v).Dispose();
        dense();
        return (int)Math.Clamp(1e3 * DenseSeconds / HostMilliseconds(dense, repeats: 1), 1, all);
    }

    private (Tensor Q, Tensor K, Tensor V) Inputs(int scale, int heads)
    {
        Tensor Random(int tokens) => randn([1, heads, tokens, problem.HeadDimension], dtype: problem.Type, device: problem.Device);
        int keys = problem.Schedule.TokensThrough(scale);
        return (Random(problem.Schedule[scale].TokenCount), Random(keys), Random(keys));
    }

    /// <summary>Warms a call up, which compiles it well, and says how often to run it to be sure of the clock.</summary>
    private static int HostRepeats(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        int calls = 0;
        do
        {
            call();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < WarmUpMilliseconds);
        return (int)Math.Ceiling(calls * SampleMilliseconds / WarmUpMilliseconds);
    }

    private static double HostMilliseconds(Action call, int repeats)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
            call();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / repeats;
    }

    private static double Middle(double[] values) => values.Order().ElementAt(values.Length / 2);
}
