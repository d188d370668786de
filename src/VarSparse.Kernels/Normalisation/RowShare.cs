using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Normalisation;

/// <summary>A thread's two 16-byte vectors of a row; neighbouring threads have neighbouring ones.</summary>
internal struct RowShare
{
    /// <summary>Vectors that a thread can hold.</summary>
    public const int Vectors = 2;

    public const int VectorBytes = 16;

    public Bytes16 First;
    public Bytes16 Second;

    /// <summary>a b + c, rounded.</summary>
    public static RowShare MultiplyAdd<TWord>(RowShare a, RowShare b, RowShare c)
        where TWord : unmanaged, IElementWord => new()
        {
            First = MultiplyAdd<TWord>(a.First, b.First, c.First),
            Second = MultiplyAdd<TWord>(a.Second, b.Second, c.Second),
        };

    public static RowShare Modulate<TWord>(RowShare x, RowStatistics row, RowShare scale, float scaleOffset, RowShare shift)
        where TWord : unmanaged, IElementWord => new()
        {
            First = Modulate<TWord>(x.First, row, scale.First, scaleOffset, shift.First),
            Second = Modulate<TWord>(x.Second, row, scale.Second, scaleOffset, shift.Second),
        };

    public static float Sum<TWord>(Bytes16 vector)
        where TWord : unmanaged, IElementWord =>
        TWord.Sum(vector.W0) + TWord.Sum(vector.W1) + (TWord.Sum(vector.W2) + TWord.Sum(vector.W3));

    public static float SquaredDeviations<TWord>(Bytes16 vector, float mean)
        where TWord : unmanaged, IElementWord =>
        TWord.SquaredDeviations(vector.W0, mean) + TWord.SquaredDeviations(vector.W1, mean)
            + (TWord.SquaredDeviations(vector.W2, mean) + TWord.SquaredDeviations(vector.W3, mean));

    private static Bytes16 MultiplyAdd<TWord>(Bytes16 a, Bytes16 b, Bytes16 c)
        where TWord : unmanaged, IElementWord => new(
            TWord.MultiplyAdd(a.W0, b.W0, c.W0),
            TWord.MultiplyAdd(a.W1, b.W1, c.W1),
            TWord.MultiplyAdd(a.W2, b.W2, c.W2),
            TWord.MultiplyAdd(a.W3, b.W3, c.W3));

    private static Bytes16 Modulate<TWord>(Bytes16 x, RowStatistics row, Bytes16 scale, float scaleOffset, Bytes16 shift)
        where TWord : unmanaged, IElementWord => new(
            TWord.Modulate(x.W0, row, scale.W0, scaleOffset, shift.W0),
            TWord.Modulate(x.W1, row, scale.W1, scaleOffset, shift.W1),
            TWord.Modulate(x.W2, row, scale.W2, scaleOffset, shift.W2),
            TWord.Modulate(x.W3, row, scale.W3, scaleOffset, shift.W3));
}
