namespace VarSparse.Benchmarks.Reporting;

/// <summary>Carries the numbers of an axis to its length, and picks where to write them.</summary>
internal sealed class AxisScale
{
    private const int MostTicks = 8;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _logarithmic;

    public AxisScale(IEnumerable<double> values, bool logarithmic)
    {
        _logarithmic = logarithmic;
        double[] all = [.. values];
        Ticks = logarithmic ? LogarithmicTicks(all.Min(), all.Max()) : LinearTicks(all.Max());
        (_low, _high) = (Map(Ticks[0]), Map(Ticks[^1]));
    }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>0 at the first tick, 1 at the last.</summary>
    public double Place(double value) => (Map(value) - _low) / (_high - _low);

    private double Map(double value) => _logarithmic ? Math.Log10(value) : value;

    /// <summary>1, 2 and 5 times powers of ten that enclose the range, or fewer of them where these are many.</summary>
    private static double[] LogarithmicTicks(double least, double most)
    {
        double[] Enclosing(double[] factors)
        {
            double[] all = [.. Enumerable.Range((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(Math.Log10(most)) - (int)Math.Floor(Math.Log10(least)) + 1)
                .SelectMany(power => factors.Select(factor => factor * Math.Pow(10, power)))];
            int first = Math.Max(0, Array.FindLastIndex(all, tick => tick <= least * (1 + 1e-9)));
            int last = Array.FindIndex(all, tick => tick >= most * (1 - 1e-9));
            return all[first..(Math.Max(last < 0 ? all.Length - 1 : last, first + 1) + 1)];
        }

        double[] fine = Enclosing([1, 2, 5]);
        return fine.Length <= MostTicks ? fine : Enclosing([1]);
    }

    private static double[] LinearTicks(double most)
    {
        double rough = Math.Max(most, double.Epsilon) / (MostTicks - 2);
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(candidate => candidate >= rough * (1 - 1e-9));
        return [.. Enumerable.Range(0, (int)Math.Ceiling(most / step - 1e-9) + 1).Select(i => i * step)];
    }
}
