using System.Runtime.CompilerServices;
using ILGPU;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// One unit of work: a batch entry, a head and a run of mask words of a tile. Work is numbered with the run and tile fastest, so that
/// groups that run at the same time share a head's keys in the L2 cache. A group takes every n-th unit, n groups in all; the steps are
/// counted on, because divisions would cost as much as a block of keys.
/// </summary>
internal struct TileWork
{
    public int Batch;
    public int Head;
    public int Tile;

    /// <summary>Which run of mask words of the tile.</summary>
    public int Run;

    private int _stepRun;
    private int _stepTile;
    private int _stepHead;
    private int _stepBatch;

    /// <summary>Units of work of a launch, with <paramref name="words"/> mask words each.</summary>
    public static int Count(in AttentionParameters p, int words) => checked(p.Batch * p.Heads * p.TileCount * Runs(p.WordsPerTile, words));

    /// <summary>The group's first unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileWork First(AttentionParameters p, int words)
    {
        int runs = Runs(p.WordsPerTile, words);
        int index = Grid.IdxX;
        int step = Grid.DimX;
        return new TileWork
        {
            Run = index % runs,
            Tile = index / runs % p.TileCount,
            Head = index / runs / p.TileCount % p.Heads,
            Batch = index / runs / p.TileCount / p.Heads,
            _stepRun = step % runs,
            _stepTile = step / runs % p.TileCount,
            _stepHead = step / runs / p.TileCount % p.Heads,
            _stepBatch = step / runs / p.TileCount / p.Heads,
        };
    }

    /// <summary>The group's next unit; there is one while the batch entry exists.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileWork Next(AttentionParameters p, TileWork work, int words)
    {
        int runs = Runs(p.WordsPerTile, words);
        int run = work.Run + work._stepRun;
        int carry = run >= runs ? 1 : 0;
        work.Run = run - carry * runs;
        int tile = work.Tile + work._stepTile + carry;
        carry = tile >= p.TileCount ? 1 : 0;
        work.Tile = tile - carry * p.TileCount;
        int head = work.Head + work._stepHead + carry;
        carry = head >= p.Heads ? 1 : 0;
        work.Head = head - carry * p.Heads;
        work.Batch += work._stepBatch + carry;
        return work;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Runs(int wordsPerTile, int words) => (wordsPerTile + words - 1) / words;
}
