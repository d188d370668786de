using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class PatternProperties
{
    [Fact]
    public void Union_is_commutative_and_associative() => Property.Holds(1500, random =>
    {
        int queries = random.Next(1, 40), keys = random.Next(1, 80);
        SparsePattern a = SmallPatterns.Of(random, queries, keys), b = SmallPatterns.Of(random, queries, keys), c = SmallPatterns.Of(random, queries, keys);
        Same(a.Union(b), b.Union(a), "a + b and b + a");
        Same(a.Union(b).Union(c), a.Union(b.Union(c)), "(a + b) + c and a + (b + c)");
    });

    [Fact]
    public void Adding_visible_keys_changes_nothing() => Property.Holds(1500, random =>
    {
        SparsePattern pattern = SmallPatterns.Next(random);
        bool[,] mask = pattern.ToDenseMask();
        bool[,] part = DenseMasks.Create(pattern.QueryCount, pattern.KeyCount, (query, key) => mask[query, key] && random.Next(2) == 0);
        SparsePattern more = pattern.Union(SparsePattern.FromDenseMask(part, SmallPatterns.Shuffled(random, pattern.QueryCount, all: true)));
        Same(pattern, more, "a pattern and itself with a part of itself");
        Same(pattern, pattern.Union(pattern), "a pattern and itself twice");
    });

    [Fact]
    public void Density_is_that_of_the_dense_expansion() => Property.Holds(1500, random =>
    {
        int heads = random.Next(1, 4), batch = random.Next(1, 3);
        SparsePattern pattern = SmallPatterns.Next(random, heads, batch);
        long visible = 0;
        for (int matrix = 0; matrix < pattern.BatchCount * pattern.HeadCount; matrix++)
            visible += DenseMasks.Count(pattern.ToDenseMask(matrix / pattern.HeadCount, matrix % pattern.HeadCount));
        Assert.Equal(visible, pattern.KeptPairs);
        double all = (double)pattern.QueryCount * pattern.KeyCount * pattern.BatchCount * pattern.HeadCount;
        Assert.Equal(visible / all, pattern.Density);
        Assert.InRange(pattern.TileDensity, pattern.Density, 1);
    });

    [Fact]
    public void A_rectangle_and_its_transpose_agree_under_transposed_tokens() => Property.Holds(1000, random =>
    {
        ScaleSchedule schedule = SmallPatterns.Schedule(random, random.Next(1, 5), 8);
        int scale = random.Next(schedule.Count);
        int[] windows = [.. schedule.Select(_ => random.Next(-1, 8))];
        var tile = new TileShape(random.Next(1, 17), random.Next(1, 17));
        var options = new CrossScaleLocalOptions { Windows = windows, SinkScales = random.Next(3), Tile = tile, ExactMask = random.Next(2) == 0 };
        bool[,] mask = CrossScaleLocal.Create(schedule, scale, options).ToDenseMask();
        ScaleSchedule swapped = schedule.Transpose();
        bool[,] other = CrossScaleLocal.Create(swapped, scale, options with { Tile = new TileShape(tile.Width, tile.Height) }).ToDenseMask();
        int first = schedule.TokenOffset(scale);
        DenseMasks.AssertEqual(
            mask,
            DenseMasks.Create(mask.GetLength(0), mask.GetLength(1), (query, key) => other[Swap(first + query) - first, Swap(key)]),
            $"{schedule}, scale {scale}, {options}");

        int Swap(int token)
        {
            TokenPosition position = schedule.Position(token);
            return swapped.Token(new TokenPosition(position.Scale, position.Column, position.Row));
        }
    });

    [Fact]
    public void Restricting_a_union_is_the_union_of_the_restricted() => Property.Holds(1000, random =>
    {
        int queries = random.Next(1, 40), keys = random.Next(1, 80);
        SparsePattern a = SmallPatterns.Of(random, queries, keys), b = SmallPatterns.Of(random, queries, keys);
        int[] keptQueries = Some(queries), keptKeys = Some(keys);
        Same(a.Union(b).Restrict(keptQueries, keptKeys), a.Restrict(keptQueries, keptKeys).Union(b.Restrict(keptQueries, keptKeys)), "(a + b) cut and a cut + b cut");

        int[] Some(int count) => [.. Enumerable.Range(0, count).Where(i => i == 0 || random.Next(3) != 0)];
    });

    [Fact]
    public void Blocks_hold_the_pattern_and_a_pattern_of_blocks_gives_them_back() => Property.Holds(1000, random =>
    {
        SparsePattern pattern = SmallPatterns.Next(random);
        int queryBlock = random.Next(1, 50), keyBlock = random.Next(1, 50);
        var blocks = BlockMask.FromPattern(pattern, queryBlock, keyBlock);
        SparsePattern whole = blocks.ToPattern();
        Same(whole, whole.Union(pattern), "blocks and blocks with the pattern that they hold");
        var again = BlockMask.FromPattern(whole, queryBlock, keyBlock);
        for (int block = 0; block < blocks.BlockCount; block++)
            Assert.Equal(blocks[block / blocks.Columns, block % blocks.Columns], again[block / blocks.Columns, block % blocks.Columns]);
    });

    private static void Same(SparsePattern expected, SparsePattern actual, string what)
    {
        Assert.Equal(expected.KeptPairs * actual.BatchCount * actual.HeadCount, actual.KeptPairs * expected.BatchCount * expected.HeadCount);
        DenseMasks.AssertEqual(expected.ToDenseMask(), actual.ToDenseMask(), what);
    }
}
