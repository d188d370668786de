using VarSparse.Attention;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

/// <summary>Makes a layout from batch entries, heads, tokens and head dimension.</summary>
internal delegate AttentionLayout LayoutRule(int batch, int heads, int tokens, int dimension);

/// <summary>Random inputs of one problem in an element type, and the check of a backend's result against the float64 reference.</summary>
internal sealed class AttentionCase<T>
    where T : unmanaged
{
    public AttentionCase(
        SparsePattern pattern, int batch, int heads, int dimension, int seed, LayoutRule? layout = null, LayoutRule? outputLayout = null, double? scale = null, float amplitude = 1)
    {
        (Pattern, Batch, Heads, Dimension, Seed, Scale) = (pattern, batch, heads, dimension, seed, scale);
        layout ??= AttentionLayout.HeadsFirst;
        QueryLayout = layout(batch, heads, pattern.QueryCount, dimension);
        KeyLayout = layout(batch, heads, pattern.KeyCount, dimension);
        OutputLayout = (outputLayout ?? layout)(batch, heads, pattern.QueryCount, dimension);
        var random = new Random(seed);
        Q = Fill(random, QueryLayout, amplitude);
        K = Fill(random, KeyLayout, amplitude);
        V = Fill(random, KeyLayout, 1);
    }

    public SparsePattern Pattern { get; }

    public int Batch { get; }

    public int Heads { get; }

    public int Dimension { get; }

    public int Seed { get; }

    public double? Scale { get; }

    public AttentionLayout QueryLayout { get; }

    public AttentionLayout KeyLayout { get; }

    public AttentionLayout OutputLayout { get; }

    public T[] Q { get; }

    public T[] K { get; }

    public T[] V { get; }

    public (T[] Output, float[] LogSumExp) Run(CpuAttention attention)
    {
        // Poisoned, so that an element nobody writes is seen.
        var output = new T[OutputLayout.Extent];
        Array.Fill(output, FromDouble(double.NaN));
        var logSumExp = new float[Batch * Heads * Pattern.QueryCount];
        Array.Fill(logSumExp, float.NaN);
        attention.Run<T>(new(Q, QueryLayout), new(K, KeyLayout), new(V, KeyLayout), Pattern, new(output, OutputLayout), Scale, logSumExp);
        return (output, logSumExp);
    }

    public (double[] Output, double[] LogSumExp) Reference()
    {
        var output = new double[Batch * Heads * Pattern.QueryCount * Dimension];
        var logSumExp = new double[Batch * Heads * Pattern.QueryCount];
        ReferenceAttention.Run(
            HeadsFirst(Q, QueryLayout), HeadsFirst(K, KeyLayout), HeadsFirst(V, KeyLayout), Batch, Heads, Dimension, Pattern, output, Scale, logSumExp);
        return (output, logSumExp);
    }

    public void AssertMatchesReference(CpuAttention attention)
    {
        (T[] output, float[] logSumExp) = Run(attention);
        (double[] expected, double[] expectedSums) = Reference();
        double[] actual = HeadsFirst(output, OutputLayout);
        double squaredError = 0, squaredNorm = 0, largestError = 0, largest = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            if (double.IsNaN(error))
                Assert.Fail($"{this}: element {i} is {actual[i]}, expected {expected[i]}");
            squaredError += error * error;
            squaredNorm += expected[i] * expected[i];
            largestError = Math.Max(largestError, error);
            largest = Math.Max(largest, Math.Abs(expected[i]));
        }

        Assert.True(Math.Sqrt(squaredError) <= Tolerances.Relative<T>() * Math.Sqrt(squaredNorm), $"{this}: relative error {Math.Sqrt(squaredError / squaredNorm)}");
        Assert.True(largestError <= Tolerances.Element<T>() * Math.Max(largest, 1e-30), $"{this}: largest error {largestError} of {largest}");
        for (int i = 0; i < logSumExp.Length; i++)
        {
            bool close = double.IsNegativeInfinity(expectedSums[i])
                ? float.IsNegativeInfinity(logSumExp[i])
                : Math.Abs(logSumExp[i] - expectedSums[i]) <= Tolerances.LogSumExp * Math.Max(1, Math.Abs(expectedSums[i]));
            if (!close)
                Assert.Fail($"{this}: log-sum-exp {i} is {logSumExp[i]}, expected {expectedSums[i]}");
        }
    }

    public override string ToString() => $"seed {Seed}, {typeof(T).Name}, B {Batch}, H {Heads}, D {Dimension}, {Pattern}";

    public static double[] HeadsFirst(T[] data, AttentionLayout layout)
    {
        var result = new double[layout.Batch * layout.Heads * layout.Tokens * layout.HeadDimension];
        for (int i = 0; i < result.Length; i++)
        {
            int d = i % layout.HeadDimension;
            int token = i / layout.HeadDimension % layout.Tokens;
            int matrix = i / layout.HeadDimension / layout.Tokens;
            result[i] = ToDouble(data[matrix / layout.Heads * layout.BatchStride + matrix % layout.Heads * layout.HeadStride + token * layout.TokenStride + d]);
        }

        return result;
    }

    public static double ToDouble(T value) => value switch
    {
        float single => single,
        Half half => (double)half,
        BFloat16 brain => (float)brain,
        _ => throw new NotSupportedException(),
    };

    public static T FromDouble(double value) =>
        typeof(T) == typeof(float) ? (T)(object)(float)value
        : typeof(T) == typeof(Half) ? (T)(object)(Half)value
        : (T)(object)(BFloat16)(float)value;

    private static T[] Fill(Random random, AttentionLayout layout, float amplitude)
    {
        var data = new T[layout.Extent];
        for (int i = 0; i < data.Length; i++)
            data[i] = FromDouble(amplitude * 1.7320508 * (2 * random.NextDouble() - 1));
        return data;
    }
}
