using System.Globalization;
using VarSparse.Benchmarks.Reporting;
using VarSparse.Geometry;
using VarSparse.Kernels;
using VarSparse.Patterns;

namespace VarSparse.GpuBenchmarks;

/// <summary>
/// How the last scale's attention grows with the image: Infinity's scales up to 1024 pixels, and on with the same growth, 16 pixels a token.
/// A line for each side, and a plot of all.
/// </summary>
internal static class GrowthBench
{
    private const int PixelsPerToken = 16;
    private const int Batch = 1;
    private const int Heads = 24;
    private const int Dimension = 128;

    /// <summary>From 64 on every third side is twice the third before, as from 20 or so on.</summary>
    private static readonly int[] s_sides = [1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256];

    public static void Run(AttentionBench bench, string device, string folder)
    {
        var dense = new List<(double, double)>();
        var sparse = new List<(double, double)>();
        foreach (int side in (int[])[16, 32, 64, 128, 256])
        {
            ScaleSchedule schedule = ScaleSchedule.FromSides([.. s_sides.TakeWhile(one => one <= side)]);
            int scale = schedule.Count - 1, pixels = side * PixelsPerToken;
            dense.Add((pixels, Median(bench, SparsePattern.Dense(schedule[scale].TokenCount, schedule.TokenCount))));
            sparse.Add((pixels, Median(bench, CrossScaleLocal.Create(schedule, scale))));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"growth {pixels} pixels, {schedule[scale].TokenCount} queries, {schedule.TokenCount} keys: dense {dense[^1].Item2:F4} ms, csla exact {sparse[^1].Item2:F4} ms"));
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "growth.svg"), SvgPlot.Draw(new Plot(
            string.Create(CultureInfo.InvariantCulture, $"Attention of the last scale, {device}, bf16, batch {Batch}, {Heads} heads of {Dimension}"),
            new Axis("image side, pixels", Text, IsLogarithmic: true),
            new Axis("ms, cold L2", Text, IsLogarithmic: true),
            [new Curve("dense pattern", dense), new Curve("cross-scale local, exact", sparse)])));
    }

    private static double Median(AttentionBench bench, SparsePattern pattern)
    {
        const int repeats = 7;
        return bench.Times(pattern, AttentionElement.BFloat16, Dimension, Batch, Heads, repeats: repeats)[repeats / 2];
    }

    private static string Text(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
}
