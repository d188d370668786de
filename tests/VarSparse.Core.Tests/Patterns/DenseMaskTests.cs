using CsCheck;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class DenseMaskTests
{
    [Fact]
    public void A_mask_survives_the_way_into_a_pattern_and_back() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            GridSize grid = new(random.Next(1, 20), random.Next(1, 20));
            QueryTiles tiles = random.Next(2) == 0
                ? QueryTiles.FromGrid(grid, new TileShape(random.Next(1, 17), random.Next(1, 17)))
                : RandomPatterns.Shuffled(random, grid.TokenCount);
            bool[,] mask = RandomPatterns.RandomMask(random, grid.TokenCount, random.Next(1, 150));
            var pattern = SparsePattern.FromDenseMask(mask, tiles);
            Assert.Same(tiles, pattern.Tiles);
            DenseMasks.AssertEqual(DenseMasks.Covered(mask, tiles), pattern.ToDenseMask(), $"seed {seed}");
        },
        iter: 200);

    [Fact]
    public void A_mask_that_shows_whole_lists_needs_no_token_mask()
    {
        bool[,] mask = DenseMasks.Create(7, 6, (query, key) => query / 3 == key / 2);
        var pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(7, 3));
        Assert.False(pattern.HasTokenMask);
        DenseMasks.AssertEqual(mask, pattern.ToDenseMask(), "blocks");
        mask[6, 5] = !mask[6, 5];
        mask[0, 0] = false;
        Assert.True(SparsePattern.FromDenseMask(mask, QueryTiles.Raster(7, 3)).HasTokenMask);
    }

    [Fact]
    public void Tiles_with_equal_masks_share_a_list()
    {
        bool[,] mask = DenseMasks.Create(12, 50, (query, key) => key % 3 == query % 2);
        var pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(12, 4));
        Assert.Equal(1, pattern.Lists.ListCount);
        mask[5, 0] = !mask[5, 0];
        pattern = SparsePattern.FromDenseMask(mask, QueryTiles.Raster(12, 4));
        Assert.Equal(2, pattern.Lists.ListCount);
        Assert.Equal([0, 1, 0], pattern.ListOfTile);
        DenseMasks.AssertEqual(mask, pattern.ToDenseMask(), "one tile differs");
    }
}
