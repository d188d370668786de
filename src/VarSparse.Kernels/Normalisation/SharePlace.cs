using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Normalisation;

/// <summary>
/// Where a thread's vectors lie in any row. A vector beyond the row's end is read as the last one, so that reading has no branches, and
/// neither counted nor written.
/// </summary>
internal readonly struct SharePlace
{
    private readonly uint _first;
    private readonly uint _second;
    private readonly bool _hasFirst;
    private readonly bool _hasSecond;

    /// <param name="vectors">Vectors of a row.</param>
    public SharePlace(int vectors)
    {
        int first = Group.IdxX, second = first + Group.DimX;
        (_hasFirst, _hasSecond) = (first < vectors, second < vectors);
        _first = (uint)Math.Min(first, vectors - 1) * RowShare.VectorBytes;
        _second = (uint)Math.Min(second, vectors - 1) * RowShare.VectorBytes;
    }

    public readonly RowShare Load(ulong row) => new()
    {
        First = GlobalBytes.Load16(row + _first),
        Second = GlobalBytes.Load16(row + _second),
    };

    public readonly void Store(ulong row, RowShare share)
    {
        if (_hasFirst)
            GlobalBytes.Store16(row + _first, share.First);
        if (_hasSecond)
            GlobalBytes.Store16(row + _second, share.Second);
    }

    public readonly float Sum<TWord>(RowShare share)
        where TWord : unmanaged, IElementWord =>
        Counted(RowShare.Sum<TWord>(share.First), RowShare.Sum<TWord>(share.Second));

    public readonly float SquaredDeviations<TWord>(RowShare share, float mean)
        where TWord : unmanaged, IElementWord =>
        Counted(RowShare.SquaredDeviations<TWord>(share.First, mean), RowShare.SquaredDeviations<TWord>(share.Second, mean));

    private readonly float Counted(float first, float second) => (_hasFirst ? first : 0) + (_hasSecond ? second : 0);
}
