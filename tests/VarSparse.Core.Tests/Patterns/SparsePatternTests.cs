using CsCheck;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class SparsePatternTests
{
    private static readonly QueryTiles Tiles = QueryTiles.Raster(5, 2);

    [Fact]
    public void Counts_and_densities_are_those_of_the_dense_masks() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, random.Next(1, 4), random.Next(1, 3));
            long kept = 0, computed = 0;
            for (int batch = 0; batch < pattern.BatchCount; batch++)
            {
                for (int head = 0; head < pattern.HeadCount; head++)
                {
                    bool[,] mask = pattern.ToDenseMask(batch, head);
                    kept += DenseMasks.Count(mask);
                    for (int tile = 0; tile < pattern.Tiles.TileCount; tile++)
                    {
                        int[] queries = pattern.Tiles.Queries(tile).ToArray();
                        int seen = Enumerable.Range(0, pattern.KeyCount).Count(key => queries.Any(query => mask[query, key]));
                        computed += seen * queries.Length;
                    }
                }
            }

            double all = (double)pattern.QueryCount * pattern.KeyCount * pattern.BatchCount * pattern.HeadCount;
            Assert.Equal(kept, pattern.KeptPairs);
            Assert.Equal(computed, pattern.ComputedPairs);
            Assert.Equal(kept / all, pattern.Density, 1e-12);
            Assert.Equal(computed / all, pattern.TileDensity, 1e-12);
        },
        iter: 200);

    [Fact]
    public void A_list_can_serve_many_tiles_heads_and_batch_entries()
    {
        var lists = KeyLists.Create(4, [0, 2, 3], [0, 3, 1]);
        var pattern = SparsePattern.Create(Tiles, lists, [0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1], headCount: 2, batchCount: 2);
        Assert.Same(lists, pattern.Lists);
        Assert.Equal(1, pattern.ListOf(0, 1, 0));
        Assert.Equal(1, pattern.ListOf(1, 0, 1));
        Assert.Equal(0, pattern.ListOf(1, 0, 2));
        int[][] seen = [[0, 3], [1]];
        for (int batch = 0; batch < 2; batch++)
        {
            for (int head = 0; head < 2; head++)
            {
                int b = batch, h = head;
                bool[,] expected = DenseMasks.Create(5, 4, (query, key) => seen[pattern.ListOfTile[(b * 2 + h) * 3 + query / 2]].Contains(key));
                DenseMasks.AssertEqual(expected, pattern.ToDenseMask(b, h), $"batch {b}, head {h}");
            }
        }
    }

    [Fact]
    public void A_pattern_that_all_share_answers_for_any_head_and_batch_entry()
    {
        var pattern = SparsePattern.Dense(5, 3);
        Assert.Equal(0, pattern.ListOf(7, 9, 0));
        Assert.Equal(15, DenseMasks.Count(pattern.ToDenseMask(7, 9)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(128, 5)]
    [InlineData(300, 77)]
    public void Dense_shows_everything_through_one_list(int queries, int keys)
    {
        var pattern = SparsePattern.Dense(queries, keys);
        Assert.Equal((1, keys), (pattern.Lists.ListCount, pattern.Lists.LongestList));
        Assert.Equal((1.0, 1.0, false), (pattern.Density, pattern.TileDensity, pattern.HasTokenMask));
        Assert.Equal((long)queries * keys, DenseMasks.Count(pattern.ToDenseMask()));
    }

    [Fact]
    public void Key_lists_are_those_of_each_head_and_tile()
    {
        var shared = SparsePattern.FromKeyLists(Tiles, 4, [[0, 1], [], [3]]);
        DenseMasks.AssertEqual(
            DenseMasks.Create(5, 4, (query, key) => query < 2 ? key < 2 : query == 4 && key == 3), shared.ToDenseMask(), "shared");
        int[][][] perHead = [[[0], [1], [2]], [[1, 2], [], [0, 3]]];
        var pattern = SparsePattern.FromKeyLists(Tiles, 4, perHead);
        Assert.Equal(2, pattern.HeadCount);
        for (int head = 0; head < 2; head++)
        {
            int[][] lists = perHead[head];
            DenseMasks.AssertEqual(
                DenseMasks.Create(5, 4, (query, key) => lists[query / 2].Contains(key)), pattern.ToDenseMask(0, head), $"head {head}");
        }
    }

    [Fact]
    public void A_key_bias_is_copied_replaced_and_removed()
    {
        float[] bias = [1, 2, float.NegativeInfinity];
        var plain = SparsePattern.Dense(2, 3);
        SparsePattern biased = plain.WithKeyBias(bias);
        bias[0] = 9;
        Assert.True(plain.KeyBias.IsEmpty);
        Assert.Equal([1, 2, float.NegativeInfinity], biased.KeyBias.ToArray());
        Assert.Equal([0f, 0, 0], biased.WithKeyBias([0, 0, 0]).KeyBias.ToArray());
        Assert.True(biased.WithKeyBias([]).KeyBias.IsEmpty);
        Assert.Equal((plain.KeptPairs, plain.Lists), (biased.KeptPairs, biased.Lists));
    }

    [Fact]
    public void A_line_tells_sizes_and_densities()
    {
        var pattern = SparsePattern.FromKeyLists(Tiles, 4, [[[0], [1], [2]], [[1, 2], [], [0, 3]]]);
        Assert.Equal("5 queries x 4 keys, 3 tiles, density 27.50 % (27.50 % in whole tiles), 2 heads", pattern.ToString());
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var lists = KeyLists.Create(4, [0, 1, 1], [2]);
        BadInput.Rejected("queryCount", () => SparsePattern.Dense(0, 1), "got 0", "at least 1");
        BadInput.Rejected("keyCount", () => SparsePattern.Dense(1, -5), "got -5", "at least 1");
        BadInput.Rejected("headCount", () => SparsePattern.Create(Tiles, lists, [], headCount: 0), "got 0", "at least 1");
        BadInput.Rejected("batchCount", () => SparsePattern.Create(Tiles, lists, [], batchCount: -1), "got -1", "at least 1");
        BadInput.Rejected("listOfTile", () => SparsePattern.Create(Tiles, lists, [0, 1]), "got 2 indices", "expected 3");
        BadInput.Rejected("listOfTile", () => SparsePattern.Create(Tiles, lists, [0, 1, 0, 1]), "got 4 indices", "expected 3");
        BadInput.Rejected("listOfTile", () => SparsePattern.Create(Tiles, lists, [0, 1, 1], 2, 2), "got 3 indices", "2 batch x 2 heads x 3 tiles");
        BadInput.Rejected("listOfTile", () => SparsePattern.Create(Tiles, lists, [0, 0, 2]), "entry 2 is 2", "0 to 1");
        BadInput.Rejected("listOfTile", () => SparsePattern.Create(Tiles, lists, [-1, 0, 0]), "entry 0 is -1", "0 to 1");

        var masked = KeyLists.Create(4, [0, 1], [2], [0b11], 1);
        BadInput.Rejected("lists", () => SparsePattern.Create(Tiles, masked, [0, 0, 0]), "mask of list 0", "beyond");
        BadInput.Rejected("lists", () => SparsePattern.Create(QueryTiles.Raster(65, 65), masked, [0]), "hold 64 slots", "at least 65");
        Assert.Equal(4, SparsePattern.Create(QueryTiles.Raster(4, 2), masked, [0, 0]).KeptPairs);

        BadInput.Rejected("keysOfTile", () => SparsePattern.FromKeyLists(Tiles, 4, [[0], [1]]), "has 2 lists", "expected 3");
        BadInput.Rejected("keysOfTile", () => SparsePattern.FromKeyLists(Tiles, 4, [[0], [1], [4]]), "list 2 holds index 4", "0 to 3");
        BadInput.Rejected("keysOfTile", () => SparsePattern.FromKeyLists(Tiles, 4, [[1, 0], [1], [3]]), "list 0 holds 0 after 1", "ascending");
        BadInput.Rejected("keysOfTile", () => SparsePattern.FromKeyLists(Tiles, 4, [[0], null!, [3]]), "list 1 is null");
        BadInput.Rejected("keyCount", () => SparsePattern.FromKeyLists(Tiles, 0, [[0], [], []]), "got 0", "at least 1");
        BadInput.Rejected("keysOfHeadAndTile", () => SparsePattern.FromKeyLists(Tiles, 4, Array.Empty<int[][]>()), "no head", "at least one");
        BadInput.Rejected("keysOfHeadAndTile", () => SparsePattern.FromKeyLists(Tiles, 4, new int[][][] { [[0], [1], [2]], [[0]] }), "head 1 has 1", "expected 3");

        BadInput.Rejected("keyBias", () => SparsePattern.Dense(2, 3).WithKeyBias([1, 2]), "got 2", "expected 3");
        BadInput.Rejected("mask", () => SparsePattern.FromDenseMask(new bool[4, 3], Tiles), "[4, 3]", "[5, at least 1]");
        BadInput.Rejected("mask", () => SparsePattern.FromDenseMask(new bool[5, 0], Tiles), "[5, 0]", "at least 1");

        var perHead = SparsePattern.Create(Tiles, lists, new int[12], headCount: 2, batchCount: 2);
        BadInput.Rejected("head", () => perHead.ListOf(0, 2, 0), "got 2", "0 to 1");
        BadInput.Rejected("batch", () => perHead.ListOf(-1, 0, 0), "got -1", "0 to 1");
        BadInput.Rejected("tile", () => perHead.ListOf(0, 0, 3), "got 3", "0 to 2");
        BadInput.Rejected("head", () => perHead.ToDenseMask(0, 2), "got 2", "0 to 1");
        BadInput.Rejected("batch", () => perHead.ToDenseMask(2, 0), "got 2", "0 to 1");
        BadInput.Rejected("head", () => perHead.ToText(head: -1), "got -1", "0 to 1");
        BadInput.Rejected("rows", () => perHead.ToText(rows: 0), "got 0", "at least 1");
        BadInput.Rejected("columns", () => perHead.ToText(columns: -1), "got -1", "at least 1");

        Assert.Throws<ArgumentNullException>(() => SparsePattern.Create(null!, lists, []));
        Assert.Throws<ArgumentNullException>(() => SparsePattern.Create(Tiles, null!, []));
        Assert.Throws<ArgumentNullException>(() => SparsePattern.FromDenseMask(null!, Tiles));
    }
}
