using System.Diagnostics;

namespace VarSparse.Samples.QuickStart;

/// <summary>Wall-clock times that a stray hiccup does not spoil.</summary>
internal static class Timing
{
    private const int WarmUps = 2;
    private const int Runs = 9;

    /// <summary>Median milliseconds of several runs after warming up.</summary>
    public static double Median(Action run)
    {
        for (int i = 0; i < WarmUps; i++)
            run();
        double[] milliseconds = new double[Runs];
        for (int i = 0; i < Runs; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(milliseconds);
        return milliseconds[Runs / 2];
    }
}
