namespace VarSparse.Attention;

/// <summary>Kernels take exponentials as powers of two, as processors do: what changes natural units to them and back.</summary>
internal static class PowersOfTwo
{
    /// <summary>log2(e): a natural exponent times this is that of a power of two.</summary>
    public const float Log2OfE = 1.44269504088896f;

    /// <summary>ln(2): a logarithm to base two times this is the natural one.</summary>
    public const float NaturalLogOf2 = 0.693147180559945f;

    /// <summary>What kernels multiply logits by: a scale times log2(e).</summary>
    public static float Scale(double scale) => (float)(scale / Math.Log(2));
}
