namespace VarSparse.Attention.Simd;

/// <summary>
/// The vector operations that CPU attention is written in, one implementation a register width. Queries lie in the lanes, so
/// softmax needs no operation across lanes and keys can be read where they are, one broadcast an element.
/// </summary>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Queries a vector.</summary>
    static abstract int Count { get; }

    /// <summary>True where the registers hold 16 accumulators besides operands: 32 vector registers.</summary>
    static abstract bool HasWideTile { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>left * right + addend.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The larger of two numbers; which one, or NaN, is unspecified if either is NaN.</summary>
    static abstract TVector Max(TVector left, TVector right);

    /// <summary>The lane of <paramref name="value"/> where the bit of that lane is set, else minus infinity.</summary>
    static abstract TVector KeepVisible(TVector value, uint bits);

    /// <summary>The lane of <paramref name="value"/>, or <paramref name="replacement"/> where it equals <paramref name="match"/>.</summary>
    static abstract TVector Replace(TVector value, TVector match, TVector replacement);

    /// <summary>
    /// 2^x for x of at most 0, zero below -126.5, NaN for NaN. Relative error below 3e-7.
    /// </summary>
    static abstract TVector Exp2(TVector exponent);

    /// <summary>1 / x, 0 for 0.</summary>
    static abstract TVector ReciprocalOrZero(TVector value);
}
