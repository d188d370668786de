namespace VarSparse.Attention.Simd;

/// <summary>
/// 2^f on [-1/2, 1/2] as 1 + C1 f + ... + C6 f^6, interpolated at Chebyshev nodes: relative error 2.5e-9 before rounding.
/// </summary>
internal static class Exp2Polynomial
{
    public const float C1 = 0.6931472067028326f;
    public const float C2 = 0.24022650922288757f;
    public const float C3 = 0.05550327226670302f;
    public const float C4 = 0.009618056678524637f;
    public const float C5 = 0.0013400428177615838f;
    public const float C6 = 0.0001546144469856913f;

    /// <summary>
    /// 1.5 * 2^23 + 127: adding it rounds a float of moderate size to an integer n and leaves n + 127, the biased exponent of
    /// 2^n, in the low bits, from where a shift makes it that power.
    /// </summary>
    public const float RoundingShift = 12583039f;

    /// <summary>The exponent whose biased form is 0, so that its power is the number 0: everything below is taken as it.</summary>
    public const float SmallestExponent = -127f;
}
