using CsCheck;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class UnionTests
{
    [Fact]
    public void Union_is_the_or_of_the_dense_masks_for_every_batch_entry_and_head_either_way_round() => Gen.Int.Sample(
        seed =>
        {
            var random = new Random(seed);
            int queries = random.Next(1, 200), keys = random.Next(1, 120), heads = random.Next(1, 4), batches = random.Next(1, 3);
            SparsePattern left = Random(random, queries, keys, heads, batches);
            SparsePattern right = Random(random, queries, keys, heads, batches);
            AssertUnion(left, right, $"seed {seed}, {left} | {right}");
            AssertUnion(right, left, $"seed {seed}, {right} | {left}");
        },
        iter: 200);

    [Fact]
    public void Union_keeps_its_own_tiles_and_adds_those_of_queries_only_the_other_covers()
    {
        var own = SparsePattern.FromKeyLists(QueryTiles.FromLists(6, [[4, 0]]), 3, [[1]]);
        var other = SparsePattern.FromKeyLists(QueryTiles.FromLists(6, [[0, 1, 2], [5]]), 3, [[0], [2]]);
        SparsePattern union = own.Union(other);
        Assert.Equal([4, 0], union.Tiles.Queries(0));
        Assert.Equal([1, 2], union.Tiles.Queries(1));
        Assert.Equal([5], union.Tiles.Queries(2));
        Assert.Equal([3], union.Tiles.UncoveredQueries);
    }

    [Fact]
    public void Union_with_dense_is_dense_and_stores_the_list_once()
    {
        var local = SparsePattern.FromKeyLists(QueryTiles.Raster(300, 100), 40, [[0], [], [39]]);
        SparsePattern union = local.Union(SparsePattern.Dense(300, 40));
        Assert.Equal((1.0, 1, false), (union.Density, union.Lists.ListCount, union.HasTokenMask));
    }

    [Fact]
    public void A_bias_of_either_is_the_unions()
    {
        var plain = SparsePattern.Dense(2, 3);
        SparsePattern biased = plain.WithKeyBias([1, 2, 3]);
        Assert.Equal([1f, 2, 3], plain.Union(biased).KeyBias.ToArray());
        Assert.Equal([1f, 2, 3], biased.Union(plain).KeyBias.ToArray());
        Assert.Equal([1f, 2, 3], biased.Union(plain.WithKeyBias([1, 2, 3])).KeyBias.ToArray());
        BadInput.Rejected("other", () => biased.Union(plain.WithKeyBias([1, 2, 4])), "key bias differs", "the same or none");
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var tiles = QueryTiles.Raster(4, 4);
        var lists = KeyLists.Create(3, [0, 1], [0]);
        var pattern = SparsePattern.Create(tiles, lists, [0, 0, 0, 0, 0, 0], headCount: 2, batchCount: 3);
        BadInput.Rejected("other", () => pattern.Union(SparsePattern.Dense(5, 3)), "5 queries x 3 keys", "4 x 3");
        BadInput.Rejected("other", () => pattern.Union(SparsePattern.Dense(4, 2)), "4 queries x 2 keys", "4 x 3");
        BadInput.Rejected("other", () => pattern.Union(SparsePattern.Create(tiles, lists, [0, 0, 0], 3)), "3 heads", "expected 2 or 1");
        BadInput.Rejected("other", () => pattern.Union(SparsePattern.Create(tiles, lists, [0, 0], 1, 2)), "2 batch entries", "expected 3 or 1");
        Assert.Throws<ArgumentNullException>(() => pattern.Union(null!));
    }

    private static void AssertUnion(SparsePattern left, SparsePattern right, string what)
    {
        SparsePattern union = left.Union(right);
        Assert.Equal(Math.Max(left.HeadCount, right.HeadCount), union.HeadCount);
        Assert.Equal(Math.Max(left.BatchCount, right.BatchCount), union.BatchCount);
        for (int batch = 0; batch < union.BatchCount; batch++)
        {
            for (int head = 0; head < union.HeadCount; head++)
            {
                DenseMasks.AssertEqual(
                    DenseMasks.Or(left.ToDenseMask(batch, head), right.ToDenseMask(batch, head)), union.ToDenseMask(batch, head), $"{what}, batch {batch}, head {head}");
            }
        }
    }

    /// <summary>Masked or whole lists on shuffled or raster tiles, for all heads and batch entries or for each of its own.</summary>
    private static SparsePattern Random(Random random, int queries, int keys, int heads, int batches)
    {
        QueryTiles tiles = random.Next(2) == 0 ? RandomPatterns.Shuffled(random, queries) : QueryTiles.Raster(queries, random.Next(1, 257));
        if (random.Next(3) == 0)
            return SparsePattern.FromDenseMask(RandomPatterns.RandomMask(random, queries, keys), tiles);
        heads = random.Next(2) == 0 ? 1 : heads;
        batches = random.Next(2) == 0 ? 1 : batches;
        int[][] lists = [.. Enumerable.Range(0, tiles.TileCount * heads * batches).Select(_ => Enumerable.Range(0, keys).Where(_ => random.Next(3) == 0).ToArray())];
        int[] offsets = [0, .. lists.Select((_, i) => lists.Take(i + 1).Sum(list => list.Length))];
        return SparsePattern.Create(
            tiles, KeyLists.Create(keys, offsets, [.. lists.SelectMany(list => list)]), [.. Enumerable.Range(0, lists.Length)], heads, batches);
    }
}
