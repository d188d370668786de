using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Normalisation;

/// <summary>Elements as kernels hold them that read 16 bytes at a time: as many as a 32-bit word takes, unrounded in arithmetic.</summary>
internal interface IElementWord
{
    static abstract int ElementBytes { get; }

    /// <summary>The word's elements, added up.</summary>
    static abstract float Sum(uint word);

    /// <summary>The squares of their differences from a mean, added up.</summary>
    static abstract float SquaredDeviations(uint word, float mean);

    /// <summary>a b + c, rounded once.</summary>
    static abstract uint MultiplyAdd(uint a, uint b, uint c);

    /// <summary>Normalised, times scale and its offset, plus shift.</summary>
    static abstract uint Modulate(uint word, RowStatistics row, uint scale, float scaleOffset, uint shift);
}

/// <summary>A float32.</summary>
internal readonly struct SingleWord : IElementWord
{
    public static int ElementBytes => sizeof(float);

    public static float Sum(uint word) => Interop.IntAsFloat(word);

    public static float SquaredDeviations(uint word, float mean)
    {
        float deviation = Interop.IntAsFloat(word) - mean;
        return deviation * deviation;
    }

    public static uint MultiplyAdd(uint a, uint b, uint c) =>
        Interop.FloatAsInt(FastMath.Fma(Interop.IntAsFloat(a), Interop.IntAsFloat(b), Interop.IntAsFloat(c)));

    public static uint Modulate(uint word, RowStatistics row, uint scale, float scaleOffset, uint shift) =>
        Interop.FloatAsInt(Modulation.Of(Interop.IntAsFloat(word), row, Interop.IntAsFloat(scale) + scaleOffset, Interop.IntAsFloat(shift)));
}

/// <summary>Two elements of a 16-bit type.</summary>
internal readonly struct PairWord<TElement> : IElementWord
    where TElement : unmanaged, IMatrixElement
{
    public static int ElementBytes => sizeof(ushort);

    public static float Sum(uint word) => FastMath.UnpackLow<TElement>(word) + FastMath.UnpackHigh<TElement>(word);

    public static float SquaredDeviations(uint word, float mean)
    {
        float low = FastMath.UnpackLow<TElement>(word) - mean, high = FastMath.UnpackHigh<TElement>(word) - mean;
        return FastMath.Fma(high, high, low * low);
    }

    public static uint MultiplyAdd(uint a, uint b, uint c) => FastMath.Pack<TElement>(
        FastMath.Fma(FastMath.UnpackLow<TElement>(a), FastMath.UnpackLow<TElement>(b), FastMath.UnpackLow<TElement>(c)),
        FastMath.Fma(FastMath.UnpackHigh<TElement>(a), FastMath.UnpackHigh<TElement>(b), FastMath.UnpackHigh<TElement>(c)));

    public static uint Modulate(uint word, RowStatistics row, uint scale, float scaleOffset, uint shift) => FastMath.Pack<TElement>(
        Modulation.Of(FastMath.UnpackLow<TElement>(word), row, FastMath.UnpackLow<TElement>(scale) + scaleOffset, FastMath.UnpackLow<TElement>(shift)),
        Modulation.Of(FastMath.UnpackHigh<TElement>(word), row, FastMath.UnpackHigh<TElement>(scale) + scaleOffset, FastMath.UnpackHigh<TElement>(shift)));
}
