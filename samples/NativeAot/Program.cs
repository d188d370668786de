using System.Globalization;
using System.Runtime.CompilerServices;
using VarSparse.Attention;
using VarSparse.Geometry;
using VarSparse.Patterns;

// Attention of VAR-256's last scale on plain arrays, against the slow float64 reference.
const int Seed = 1, Heads = 2, Dimension = 16;
SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Var256, queryScale: 9);
AttentionLayout queries = AttentionLayout.HeadsFirst(1, Heads, pattern.QueryCount, Dimension);
AttentionLayout keys = AttentionLayout.HeadsFirst(1, Heads, pattern.KeyCount, Dimension);
var random = new Random(Seed);
float[] q = Normal(queries), k = Normal(keys), v = Normal(keys), output = new float[queries.Extent];
CpuAttention.Shared.Run<float>(new(q, queries), new(k, keys), new(v, keys), pattern, new(output, queries));
double[] expected = new double[output.Length];
ReferenceAttention.Run(Wide(q), Wide(k), Wide(v), batch: 1, Heads, Dimension, pattern, expected);
double error = output.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"dynamic code {RuntimeFeature.IsDynamicCodeSupported}, density {pattern.Density:P2}, largest error {error:E1}, seed {Seed}"));
return error < 1e-5 ? 0 : 1;

float[] Normal(AttentionLayout layout) =>
    [.. Enumerable.Range(0, (int)layout.Extent).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble())))];

static double[] Wide(float[] values) => [.. values.Select(value => (double)value)];
