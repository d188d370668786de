using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class SeesAllTests
{
    private static readonly QueryTiles Tiles = QueryTiles.Raster(70, 16);

    [Fact]
    public void Every_pair_visible_is_all_however_it_is_said()
    {
        SparsePattern dense = SparsePattern.Dense(70, 90);
        Assert.True(dense.SeesAll);
        Assert.True(dense.WithKeyBias(new float[90]).SeesAll);
        Assert.True(SparsePattern.FromDenseMask(Mask(), Tiles).SeesAll);
        Assert.True(BlockMask.FromPattern(dense).ToPattern().SeesAll);
        Assert.True(PerHead([.. Enumerable.Range(0, 90)]).SeesAll);
        Assert.True(SparsePattern.Dense(65_536, 170_000).SeesAll);
    }

    [Fact]
    public void One_pair_less_is_not_all()
    {
        bool[,] mask = Mask();
        mask[69, 89] = false;
        Assert.False(SparsePattern.FromDenseMask(mask, Tiles).SeesAll);
        Assert.False(PerHead([.. Enumerable.Range(1, 89)]).SeesAll);
        var tiles = QueryTiles.FromLists(3, [[0, 2]]);
        Assert.False(SparsePattern.FromKeyLists(tiles, 2, [[0, 1]]).SeesAll, "query 1 stands in no tile");
    }

    private static bool[,] Mask()
    {
        var mask = new bool[70, 90];
        for (int query = 0; query < 70; query++)
        {
            for (int key = 0; key < 90; key++)
                mask[query, key] = true;
        }

        return mask;
    }

    /// <summary>Two heads: the first sees all, the last tile of the second these keys.</summary>
    private static SparsePattern PerHead(int[] last)
    {
        int[] all = [.. Enumerable.Range(0, 90)];
        int[][] first = [.. Enumerable.Repeat(all, Tiles.TileCount)];
        return SparsePattern.FromKeyLists(Tiles, 90, [first, [.. first.SkipLast(1), last]]);
    }
}
