using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace VarSparse.Benchmarks.Measuring;

/// <summary>The float32 multiply-add rate of all processors, from a loop of independent chains in registers.</summary>
internal static class MultiplyAddPeak
{
    private const int Chains = 10;
    private const int Iterations = 1_000_000;

    /// <summary>Best of many short runs, in GFLOP/s: on a machine that others use too, some of them are undisturbed.</summary>
    public static double Measure(int runs = 30)
    {
        double best = 0;
        for (int run = 0; run < runs; run++)
        {
            long start = Stopwatch.GetTimestamp();
            float sink = 0;
            Parallel.For(0, Environment.ProcessorCount, _ => Interlocked.Exchange(ref sink, Run()));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Max(best, 2e-9 * Environment.ProcessorCount * Chains * VectorWidth * Iterations / seconds);
        }

        return best;
    }

    private static int VectorWidth => Vector512.IsHardwareAccelerated ? 16 : Vector<float>.Count;

    private static float Run() => Vector512.IsHardwareAccelerated ? Run512() : RunNative();

    private static float Run512()
    {
        var factor = Vector512.Create(0.999f);
        Vector512<float> a = factor, b = factor, c = factor, d = factor, e = factor, f = factor, g = factor, h = factor, i = factor, j = factor;
        for (int n = 0; n < Iterations; n++)
        {
            a = Vector512.FusedMultiplyAdd(a, factor, factor);
            b = Vector512.FusedMultiplyAdd(b, factor, factor);
            c = Vector512.FusedMultiplyAdd(c, factor, factor);
            d = Vector512.FusedMultiplyAdd(d, factor, factor);
            e = Vector512.FusedMultiplyAdd(e, factor, factor);
            f = Vector512.FusedMultiplyAdd(f, factor, factor);
            g = Vector512.FusedMultiplyAdd(g, factor, factor);
            h = Vector512.FusedMultiplyAdd(h, factor, factor);
            i = Vector512.FusedMultiplyAdd(i, factor, factor);
            j = Vector512.FusedMultiplyAdd(j, factor, factor);
        }

        return (a + b + c + d + e + f + g + h + i + j)[0];
    }

    private static float RunNative()
    {
        var factor = new Vector<float>(0.999f);
        Vector<float> a = factor, b = factor, c = factor, d = factor, e = factor, f = factor, g = factor, h = factor, i = factor, j = factor;
        for (int n = 0; n < Iterations; n++)
        {
            a = Vector.FusedMultiplyAdd(a, factor, factor);
            b = Vector.FusedMultiplyAdd(b, factor, factor);
            c = Vector.FusedMultiplyAdd(c, factor, factor);
            d = Vector.FusedMultiplyAdd(d, factor, factor);
            e = Vector.FusedMultiplyAdd(e, factor, factor);
            f = Vector.FusedMultiplyAdd(f, factor, factor);
            g = Vector.FusedMultiplyAdd(g, factor, factor);
            h = Vector.FusedMultiplyAdd(h, factor, factor);
            i = Vector.FusedMultiplyAdd(i, factor, factor);
            j = Vector.FusedMultiplyAdd(j, factor, factor);
        }

        return (a + b + c + d + e + f + g + h + i + j)[0];
    }
}
