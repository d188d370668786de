using System.Runtime.CompilerServices;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// One unit of work: a batch entry, a head and a run of mask words of a tile, and the key list they use. Work is numbered with the
/// tile fastest, so that groups that run at the same time share a head's keys in the L2 cache.
/// </summary>
internal struct TileWork
{
    public int Batch;
    public int Head;
    public int Tile;

    /// <summary>First mask word of the run.</summary>
    public int Word;

    /// <summary>Address of the list's first key index.</summary>
    public ulong Keys;

    /// <summary>Keys of the list.</summary>
    public int Length;

    /// <summary>The list's first block in the mask arrays.</summary>
    public int FirstBlock;

    /// <summary>Units of work of a launch, with <paramref name="words"/> mask words each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Count(AttentionParameters p, int words) =>
        p.Batch * p.Heads * p.TileCount * ((p.WordsPerTile + words - 1) / words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileWork Get(AttentionParameters p, int index, int words)
    {
        int runs = (p.WordsPerTile + words - 1) / words;
        int run = index % runs;
        index /= runs;
        int tile = index % p.TileCount;
        index /= p.TileCount;
        int head = index % p.Heads;
        int batch = index / p.Heads;
        int list = (int)GlobalBytes.Load4(p.ListOfTile + (ulong)(batch * p.ListBatchStride + head * p.ListHeadStride + tile) * 4);
        Bytes16 range = GlobalBytes.Load16(p.ListRanges + (ulong)list * 16);
        return new TileWork
        {
            Batch = batch,
            Head = head,
            Tile = tile,
            Word = run * words,
            Keys = p.KeyIndices + (ulong)range.W0 * 4,
            Length = (int)range.W1,
            FirstBlock = (int)range.W2,
        };
    }
}
