using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class RestrictionTests
{
    [Fact]
    public void It_selects_rows_and_columns_of_the_dense_mask()
    {
        for (int seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, heads: random.Next(1, 4), batch: random.Next(1, 3));
            if (random.Next(2) == 0)
                pattern = pattern.WithKeyBias([.. Enumerable.Range(0, pattern.KeyCount).Select(key => (float)key)]);
            int[]? queries = Subset(random, pattern.QueryCount);
            int[]? keys = Subset(random, pattern.KeyCount);

            SparsePattern restricted = pattern.Restrict(queries, keys);

            int[] rows = queries ?? [.. Enumerable.Range(0, pattern.QueryCount)];
            int[] columns = keys ?? [.. Enumerable.Range(0, pattern.KeyCount)];
            Assert.Equal((pattern.BatchCount, pattern.HeadCount), (restricted.BatchCount, restricted.HeadCount));
            for (int batch = 0; batch < pattern.BatchCount; batch++)
            {
                for (int head = 0; head < pattern.HeadCount; head++)
                {
                    bool[,] mask = pattern.ToDenseMask(batch, head);
                    bool[,] expected = DenseMasks.Create(rows.Length, columns.Length, (query, key) => mask[rows[query], columns[key]]);
                    DenseMasks.AssertEqual(expected, restricted.ToDenseMask(batch, head), $"seed {seed}, batch {batch}, head {head}");
                }
            }

            Assert.Equal(pattern.KeyBias.IsEmpty ? [] : columns.Select(key => pattern.KeyBias[key]).ToArray(), restricted.KeyBias.ToArray());
            AssertIsValid(restricted, seed);
        }
    }

    [Fact]
    public void Tiles_that_lost_queries_are_joined()
    {
        SparsePattern pattern = CrossScaleLocal.Create(ScaleSchedule.Infinity(), 12);
        int[] everyThird = [.. Enumerable.Range(0, 4096).Where(query => query % 3 == 0)];

        SparsePattern restricted = pattern.Restrict(everyThird);

        Assert.Equal(32, pattern.Tiles.TileCount);
        Assert.InRange(restricted.Tiles.TileCount, 11, 16);
        Assert.Equal(128, pattern.Tiles.LargestTile);
        Assert.InRange(restricted.Tiles.LargestTile, 1, 128);
        Assert.True(restricted.HasTokenMask);
    }

    [Fact]
    public void A_dense_pattern_keeps_its_one_list()
    {
        SparsePattern restricted = SparsePattern.Dense(1000, 50).Restrict([.. Enumerable.Range(0, 500).Select(query => 2 * query)], [3, 4, 9]);
        Assert.False(restricted.HasTokenMask);
        Assert.Equal(1, restricted.Lists.ListCount);
        Assert.Equal(1, restricted.Density);
        Assert.Equal(4, restricted.Tiles.TileCount);
    }

    [Fact]
    public void Tiles_that_share_a_masked_list_need_not_share_it_afterwards()
    {
        // Of each tile only the first query sees the key; of the first tile only the second query is left.
        var lists = KeyLists.Create(1, [0, 1], [0], [0b01], 1);
        SparsePattern pattern = SparsePattern.Create(QueryTiles.Raster(4, 2), lists, new int[4], headCount: 2);
        bool[,] expected = { { false }, { true }, { false } };
        DenseMasks.AssertEqual(expected, pattern.Restrict([1, 2, 3]).ToDenseMask(head: 1), "queries 1, 2 and 3");
    }

    [Fact]
    public void Nothing_left_out_is_the_same_pattern()
    {
        SparsePattern pattern = SparsePattern.Dense(10, 10);
        Assert.Same(pattern, pattern.Restrict(null));
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        SparsePattern pattern = SparsePattern.Dense(10, 20);
        BadInput.Rejected("queries", () => pattern.Restrict([]), "got none", "at least one");
        BadInput.Rejected("keys", () => pattern.Restrict(null, []), "got none", "at least one");
        BadInput.Rejected("queries", () => pattern.Restrict([3, 3]), "got 3 after 3", "ascending");
        BadInput.Rejected("keys", () => pattern.Restrict([3], [20]), "got 20", "0 to 19");
        BadInput.Rejected("queries", () => pattern.Restrict([-1]), "got -1", "0 to 9");
    }

    private static int[]? Subset(Random random, int count)
    {
        if (random.Next(5) == 0)
            return null;
        double share = random.NextDouble();
        int[] subset = [.. Enumerable.Range(0, count).Where(_ => random.NextDouble() < share)];
        return subset.Length == 0 ? [random.Next(count)] : subset;
    }

    /// <summary>Puts the parts together again through the public factories, which check everything.</summary>
    private static void AssertIsValid(SparsePattern pattern, int seed)
    {
        KeyLists lists = pattern.Lists;
        KeyLists again = lists.HasMask
            ? KeyLists.Create(lists.KeyCount, lists.Offsets, lists.AllKeys, lists.AllMaskWords, lists.WordsPerKey)
            : KeyLists.Create(lists.KeyCount, lists.Offsets, lists.AllKeys);
        SparsePattern copy = SparsePattern.Create(pattern.Tiles, again, pattern.ListOfTile, pattern.HeadCount, pattern.BatchCount);
        Assert.True(copy.KeptPairs == pattern.KeptPairs, $"seed {seed}: {copy.KeptPairs} pairs, expected {pattern.KeptPairs}");
    }
}
