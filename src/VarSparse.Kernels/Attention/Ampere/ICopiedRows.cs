using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention.Ampere;

/// <summary>Where a thread's pieces of gathered rows come from, as a struct so that it is compiled into its place.</summary>
internal interface ICopiedRows
{
    /// <summary>Starts the copy of the thread's piece of a row.</summary>
    /// <param name="index">Which row of the tensor.</param>
    /// <param name="place">Shared address.</param>
    void Copy(uint index, uint place);
}

/// <summary>The rows of a head of a tensor.</summary>
/// <param name="tensor">Address of the tensor.</param>
/// <param name="headOffset">Elements from there to the head.</param>
/// <param name="tokenStride">Elements from row to row.</param>
/// <param name="pieceBytes">Where the thread's piece lies in a row.</param>
internal readonly struct TensorRows(ulong tensor, long headOffset, long tokenStride, uint pieceBytes) : ICopiedRows
{
    /// <summary>Global address of the thread's piece of row 0.</summary>
    private readonly ulong _source = tensor + (ulong)headOffset * sizeof(ushort) + pieceBytes;

    private readonly uint _rowBytes = (uint)tokenStride * sizeof(ushort);

    public void Copy(uint index, uint place) => AsyncCopy.Copy16(place, FastMath.MultiplyAddWide(index, _rowBytes, _source));

    /// <summary>The same, or zeros for a negative index.</summary>
    public void CopyOrClear(uint index, uint place) =>
        AsyncCopy.Copy16Unless(place, FastMath.MultiplyAddWide(index, _rowBytes, _source), (int)index < 0);
}

/// <summary>The rows of a head of a tensor, with zeros for negative indices.</summary>
internal readonly struct RowsOrZeros(TensorRows rows) : ICopiedRows
{
    private readonly TensorRows _rows = rows;

    public void Copy(uint index, uint place) => _rows.CopyOrClear(index, place);
}

/// <summary>Keys, and values of the same indices.</summary>
/// <param name="keys">The keys.</param>
/// <param name="values">The values.</param>
/// <param name="distance">Bytes from a key in shared memory to its value.</param>
internal readonly struct KeyValueRows(TensorRows keys, TensorRows values, int distance) : ICopiedRows
{
    private readonly TensorRows _keys = keys;
    private readonly TensorRows _values = values;
    private readonly int _distance = distance;

    public void Copy(uint index, uint place)
    {
        _keys.Copy(index, place);
        _values.Copy(index, place + (uint)_distance);
    }
}
