using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// A pattern's tiles in pairs of neighbours, as they follow each other: one tile of two words each, so that both consumers of the Hopper
/// kernel have work. Pairs of the same lists share one.
/// </summary>
internal sealed class TilePairs
{
    /// <summary>In place of a list, where an odd number of tiles leaves the last one alone.</summary>
    public const int NoList = -1;

    private readonly List<(int First, int Last)> _lists = [];

    public TilePairs(SparsePattern pattern)
    {
        int tiles = pattern.Tiles.TileCount;
        Count = CountOf(tiles);
        ListOfPair = new int[Count * pattern.HeadCount * pattern.BatchCount];
        var known = new Dictionary<(int, int), int>();
        for (int place = 0; place < ListOfPair.Length; place++)
        {
            ReadOnlySpan<int> ofHead = pattern.ListOfTile.Slice(place / Count * tiles, tiles);
            int tile = place % Count * 2;
            (int, int) lists = (ofHead[tile], tile + 1 < tiles ? ofHead[tile + 1] : NoList);
            if (!known.TryGetValue(lists, out ListOfPair[place]))
            {
                ListOfPair[place] = _lists.Count;
                known.Add(lists, _lists.Count);
                _lists.Add(lists);
            }
        }
    }

    /// <summary>Pairs of a head, the last tile alone included.</summary>
    public int Count { get; }

    /// <summary>Pairs of so many tiles.</summary>
    public static int CountOf(int tiles) => (tiles + 1) / 2;

    /// <summary>Which of <see cref="Lists"/> each [batch, head, pair] has.</summary>
    public int[] ListOfPair { get; }

    /// <summary>The lists of the first and of the last tile of a pair, each combination once.</summary>
    public IReadOnlyList<(int First, int Last)> Lists => _lists;
}
