using CsCheck;

namespace VarSparse.Reliability.Tests.Properties;

/// <summary>
/// A law that holds for every case. Cases are made from one number each, which a failure prints beside the library's own seed; both
/// repeat it.
/// </summary>
internal static class Property
{
    public static void Holds(int cases, Action<Random> law)
    {
        int tried = 0;
        Gen.Int.Sample(
            seed =>
            {
                tried++;
                try
                {
                    law(new Random(seed));
                }
                catch (Exception failure)
                {
                    throw new InvalidOperationException($"seed {seed}: {failure.Message}", failure);
                }
            },
            iter: cases,
            threads: 1);
        Assert.True(tried >= cases, $"{tried} cases were tried, expected {cases}");
    }
}
