using VarSparse.Kernels.Normalisation;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Normalisation;

/// <summary>Random rows with random gaps, and what every step makes of them in float64.</summary>
internal sealed class LayerNormProblem
{
    private const double Eps = 1e-5;

    private readonly CudaRowSizes _sizes;
    private readonly Random _random;
    private readonly bool _onePlusScale;
    private readonly string _what;

    private LayerNormProblem(AttentionElement element, int seed, Func<Random, int> width, Func<Random, int> tokens)
    {
        _random = new Random(seed);
        _sizes = new(_random.Next(1, 3), tokens(_random), width(_random), element);
        _onePlusScale = _random.Next(2) == 0;
        _what = $"{_sizes}, seed {seed}";
    }

    /// <summary>A width of one, an odd one or one of whole vectors, and some tokens.</summary>
    public static LayerNormProblem Random(AttentionElement element, int seed, int mostWidth, int mostTokens) => new(
        element,
        seed,
        random => random.Next(4) switch
        {
            0 => 1,
            1 => random.Next(1, mostWidth + 1),
            _ => 8 * random.Next(1, mostWidth / 8 + 1),
        },
        random => random.Next(1, mostTokens + 1));

    /// <summary>Rows of that width.</summary>
    public static LayerNormProblem Wide(AttentionElement element, int width, int tokens) => new(element, seed: width, _ => width, _ => tokens);

    public void Check(KernelStage stage)
    {
        bool aligned = _random.Next(4) > 0;

        // Some far from zero, where a variance by the mean of squares would have no digits left.
        RowsMemory x = new(stage, _sizes, _random, aligned, mean: _random.Next(3) * 50), branch = new(stage, _sizes, _random, aligned);
        RowsMemory gate = Broadcast(), scale = Broadcast(), shift = Broadcast(), output = new(stage, _sizes, _random, aligned);
        var modulation = new CudaModulation(scale.Rows, shift.Rows, Eps, _onePlusScale);

        stage.Run(LayerNormLaunches.Modulate(x.Rows, modulation, output.Rows, _sizes));
        CheckNormalised(output.Read(), x.Values, scale, shift, "normalised");
        Assert.Equal(x.Values, x.Read());
        stage.Run(LayerNormLaunches.Modulate(x.Rows, modulation, x.Rows, _sizes));
        CheckNormalised(x.Read(), x.Values, scale, shift, "normalised in place");

        double[] sums = [.. x.Values.Select((value, i) => value + branch.Values[i] * gate.Values[i])];
        x.Write();
        stage.Run(LayerNormLaunches.AddGated(x.Rows, branch.Rows, gate.Rows, _sizes));
        double[] residual = x.Read();
        for (int i = 0; i < sums.Length; i++)
            Near.Equal(sums[i], residual[i], Rounding, $"{_what}, residual {i}");

        x.Write();
        output.Write();
        stage.Run(LayerNormLaunches.AddGatedAndModulate(x.Rows, branch.Rows, gate.Rows, modulation, output.Rows, _sizes));
        Assert.Equal(residual, x.Read());
        CheckNormalised(output.Read(), residual, scale, shift, "residual, normalised");
        foreach (RowsMemory rows in (RowsMemory[])[x, branch, gate, scale, shift, output])
            rows.CheckGaps();

        RowsMemory Broadcast() => RowsMemory.Broadcast(stage, _sizes, _random, aligned);
    }

    /// <summary>Half a unit in the last place of a number of one.</summary>
    private double Rounding => _sizes.Element switch
    {
        AttentionElement.Float32 => 2e-7,
        AttentionElement.Float16 => 5e-4,
        _ => 4e-3,
    };

    private void CheckNormalised(double[] actual, double[] x, RowsMemory scale, RowsMemory shift, string step)
    {
        int width = _sizes.Width;
        for (int row = 0; row < x.Length / width; row++)
        {
            double[] values = x[(row * width)..((row + 1) * width)];
            double mean = values.Average(), variance = values.Average(value => (value - mean) * (value - mean)) + Eps;

            // The float32 mean is off by some units of its last place; a deviation of rows far from zero is as far off.
            double tolerance = Rounding * 1.05 + 1e-6 * (1 + Math.Abs(mean) / Math.Sqrt(variance));
            for (int i = 0; i < width; i++)
            {
                double factor = scale.Values[row * width + i] + (_onePlusScale ? 1 : 0), normalised = (values[i] - mean) / Math.Sqrt(variance);
                double expected = normalised * factor + shift.Values[row * width + i];
                double size = Math.Max(1, Math.Abs(normalised * factor));
                Near.Equal(expected, actual[row * width + i], tolerance * size, $"{_what}, {step}, row {row}, column {i}");
            }
        }
    }
}
