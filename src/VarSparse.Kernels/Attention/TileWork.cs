using System.Runtime.CompilerServices;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// One unit of work: a batch entry, a head and a run of mask words of a tile. Work is numbered with the run and tile fastest, so that
/// groups that run at the same time share a head's keys in the L2 cache. A group takes every n-th unit, n groups in all.
/// </summary>
internal struct TileWork
{
    public int Batch;
    public int Head;
    public int Tile;

    /// <summary>Which run of mask words of the tile.</summary>
    public int Run;

    /// <summary>Units of work of a launch, with <paramref name="words"/> mask words each. Kernels number them in 32 bits.</summary>
    public static long Count(in AttentionParameters p, int words) => checked((long)p.Batch * p.Heads * p.TileCount * Runs(p.WordsPerTile, words));

    /// <summary>The unit of a number: the first of a group, and, of the number of groups, the way from a group's unit to its next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileWork Of(AttentionParameters p, int number, int words)
    {
        int runs = Runs(p.WordsPerTile, words);
        return new TileWork
        {
            Run = number % runs,
            Tile = number / runs % p.TileCount,
            Head = number / runs / p.TileCount % p.Heads,
            Batch = number / runs / p.TileCount / p.Heads,
        };
    }

    /// <summary>The unit one way further; there is one while the batch entry exists.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="work">A unit.</param>
    /// <param name="way">
    /// The way, as digits to add. The host computes it: divisions cost as much as a block of keys, and ILGPU moves those of a kernel
    /// into the loop that uses them.
    /// </param>
    /// <param name="words">Mask words of a unit.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileWork Next(AttentionParameters p, TileWork work, TileWork way, int words)
    {
        int runs = Runs(p.WordsPerTile, words);
        int run = work.Run + way.Run;
        int carry = run >= runs ? 1 : 0;
        work.Run = run - carry * runs;
        int tile = work.Tile + way.Tile + carry;
        carry = tile >= p.TileCount ? 1 : 0;
        work.Tile = tile - carry * p.TileCount;
        int head = work.Head + way.Head + carry;
        carry = head >= p.Heads ? 1 : 0;
        work.Head = head - carry * p.Heads;
        work.Batch += way.Batch + carry;
        return work;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Runs(int wordsPerTile, int words) => (wordsPerTile + words - 1) / words;
}
