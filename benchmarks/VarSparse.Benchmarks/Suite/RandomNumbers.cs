namespace VarSparse.Benchmarks.Suite;

/// <summary>Inputs of benchmarks that need no torch.</summary>
internal static class RandomNumbers
{
    /// <summary>Numbers from -0.5 to 0.5.</summary>
    public static float[] Uniform(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)];
}
