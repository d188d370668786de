using CsCheck;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class QueryTilesTests
{
    [Fact]
    public void A_grid_is_cut_into_rectangles_ragged_at_the_edges() => Gen
        .Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 16], Gen.Int[1, 16])
        .Sample((height, width, tileHeight, tileWidth) =>
        {
            var tiles = QueryTiles.FromGrid(new GridSize(height, width), new TileShape(tileHeight, tileWidth));
            int across = (width + tileWidth - 1) / tileWidth;
            Assert.Equal((height + tileHeight - 1) / tileHeight * across, tiles.TileCount);
            for (int query = 0; query < height * width; query++)
            {
                int tile = query / width / tileHeight * across + query % width / tileWidth;
                Assert.True(tiles.Queries(tile).Contains(query), $"query {query} is not in tile {tile}");
            }

            Assert.Equal(height * width, tiles.AllQueries.Length);
            Assert.True(tiles.UncoveredQueries.IsEmpty);
            Assert.Equal(Math.Min(height, tileHeight) * Math.Min(width, tileWidth), tiles.LargestTile);
        });

    [Fact]
    public void Slots_of_a_mask_word_form_an_8_by_8_patch()
    {
        var tiles = QueryTiles.FromGrid(new GridSize(16, 32), new TileShape(8, 16));
        for (int tile = 0; tile < tiles.TileCount; tile++)
        {
            for (int word = 0; word < 2; word++)
            {
                int[] patch = tiles.Queries(tile).Slice(word * 64, 64).ToArray();
                Assert.Equal(7, patch.Max(query => query / 32) - patch.Min(query => query / 32));
                Assert.Equal(7, patch.Max(query => query % 32) - patch.Min(query => query % 32));
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(256, 256)]
    [InlineData(257, 256)]
    [InlineData(1000, 7)]
    public void Raster_cuts_runs_of_consecutive_queries(int queryCount, int tileSize)
    {
        var tiles = QueryTiles.Raster(queryCount, tileSize);
        Assert.Equal(Enumerable.Range(0, queryCount), tiles.AllQueries.ToArray());
        int[][] runs = [.. Enumerable.Range(0, queryCount).Chunk(tileSize)];
        Assert.Equal(runs.Length, tiles.TileCount);
        for (int tile = 0; tile < runs.Length; tile++)
            Assert.Equal(runs[tile], tiles.Queries(tile).ToArray());
    }

    [Fact]
    public void Lists_are_kept_in_slot_order_and_the_rest_is_uncovered()
    {
        int[][] lists = [[5, 1], [3]];
        var tiles = QueryTiles.FromLists(7, lists);
        lists[0][0] = 6;
        Assert.Equal([5, 1], tiles.Queries(0));
        Assert.Equal([3], tiles.Queries(1));
        Assert.Equal([0, 2, 4, 6], tiles.UncoveredQueries);
        Assert.Equal([0, 2, 3], tiles.Offsets);
        Assert.Equal(2, tiles.LargestTile);
    }

    [Fact]
    public void No_tile_at_all_leaves_every_query_uncovered()
    {
        var tiles = QueryTiles.FromLists(3, []);
        Assert.Equal(0, tiles.TileCount);
        Assert.Equal(0, tiles.LargestTile);
        Assert.Equal([0, 1, 2], tiles.UncoveredQueries);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        BadInput.Rejected("grid", () => QueryTiles.FromGrid(new GridSize(0, 4), new TileShape(1, 1)), "0x4", "at least 1");
        BadInput.Rejected("grid", () => QueryTiles.FromGrid(new GridSize(65536, 65536), new TileShape(1, 1)), "65536x65536", "at most 2147483590");
        BadInput.Rejected("shape", () => QueryTiles.FromGrid(new GridSize(4, 4), new TileShape(4, 0)), "4x0", "at least 1");
        BadInput.Rejected("shape", () => QueryTiles.FromGrid(new GridSize(4, 4), new TileShape(257, 1)), "257x1", "at most 256");
        BadInput.Rejected("shape", () => QueryTiles.FromGrid(new GridSize(4, 4), new TileShape(65536, 65536)), "65536x65536", "at most 256");
        BadInput.Rejected("queryCount", () => QueryTiles.Raster(0, 4), "got 0", "at least 1");
        BadInput.Rejected("tileSize", () => QueryTiles.Raster(4, 0), "got 0", "1 to 256");
        BadInput.Rejected("tileSize", () => QueryTiles.Raster(4, 257), "got 257", "1 to 256");
        BadInput.Rejected("queryCount", () => QueryTiles.FromLists(-1, []), "got -1", "at least 1");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(4, [[0], []]), "tile 1 holds 0", "1 to 256");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(300, [[.. Enumerable.Range(0, 257)]]), "tile 0 holds 257", "1 to 256");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(4, [[0], [4]]), "got query index 4", "0 to 3");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(4, [[-1]]), "got query index -1", "0 to 3");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(4, [[0, 2], [2]]), "query 2 stands in two places", "at most one");
        BadInput.Rejected("queriesOfTile", () => QueryTiles.FromLists(4, [[0], null!]), "1 is null", "array");
        Assert.Throws<ArgumentNullException>(() => QueryTiles.FromLists(4, null!));
    }
}
