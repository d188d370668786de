using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class SelectionProperties
{
    [Fact]
    public void More_keys_or_a_larger_share_keep_what_was_kept() => Property.Holds(1000, random =>
    {
        (float[] sums, QueryTiles tiles, int keys) = Sums(random, batch: 2, heads: 2);
        int more = random.Next(1, keys + 1), fewer = random.Next(1, more + 1);
        double larger = 1 - random.NextDouble(), smaller = larger * (1 - random.NextDouble());
        Within(DecisionScale.KeepHeaviest(sums, 2, 2, tiles, fewer), DecisionScale.KeepHeaviest(sums, 2, 2, tiles, more));
        Within(DecisionScale.KeepCoverage(sums, 2, 2, tiles, smaller), DecisionScale.KeepCoverage(sums, 2, 2, tiles, larger));

        static void Within(SparsePattern few, SparsePattern many)
        {
            foreach ((int[] part, int[] whole) in MappingCase.ListsOf(few).Zip(MappingCase.ListsOf(many)))
                Assert.Empty(part.Except(whole));
        }
    });

    [Fact]
    public void Keys_that_cover_a_share_are_the_heaviest_of_their_number() => Property.Holds(1000, random =>
    {
        (float[] sums, QueryTiles tiles, int keys) = Sums(random, batch: 1, heads: 2);
        int[][] covering = MappingCase.ListsOf(DecisionScale.KeepCoverage(sums, 1, 2, tiles, 1 - random.NextDouble()));
        for (int row = 0; row < covering.Length; row++)
        {
            int[] list = covering[row];
            SparsePattern heaviest = DecisionScale.KeepHeaviest(sums.AsSpan(row * keys, keys), 1, 1, QueryTiles.Raster(1, 1), list.Length);
            Assert.Equal(list, heaviest.Lists.Keys(0).ToArray());
        }
    });

    [Fact]
    public void Whole_numbers_are_covered_by_the_fewest_that_reach_the_share() => Property.Holds(1000, random =>
    {
        long[] masses = [.. Enumerable.Range(0, random.Next(1, 120)).Select(_ => (long)random.Next(1 << random.Next(1, 24)))];
        const int steps = 1024;
        int share = random.Next(1, steps + 1);
        int[] kept = DecisionScale.KeepCoverage([.. masses.Select(mass => (float)mass)], 1, 1, QueryTiles.Raster(1, 1), (double)share / steps).Lists.Keys(0).ToArray();
        List<int> expected = [];
        long wanted = masses.Sum() * share;
        foreach (int key in Enumerable.Range(0, masses.Length).OrderByDescending(key => masses[key]))
        {
            if (masses.Sum() > 0 && expected.Sum(of => masses[of]) * steps >= wanted)
                break;
            expected.Add(key);
        }

        Assert.Equal(expected.Order(), kept);
    });

    [Fact]
    public void A_power_of_two_changes_no_choice_and_heads_choose_for_themselves() => Property.Holds(1000, random =>
    {
        (float[] sums, QueryTiles tiles, int keys) = Sums(random, batch: 1, heads: 3);
        int keep = random.Next(1, keys + 1), head = random.Next(3), rows = tiles.TileCount * keys;
        double coverage = 1 - random.NextDouble();
        float factor = MathF.ScaleB(1, random.Next(-20, 20));
        Same(Kept(sums, 3), Kept([.. sums.Select(sum => sum * factor)], 3));
        Same([.. Kept(sums, 3).Select(pattern => pattern.OfHeads(head, 1))], Kept(sums[(head * rows)..((head + 1) * rows)], 1));

        SparsePattern[] Kept(float[] of, int heads) =>
            [DecisionScale.KeepHeaviest(of, 1, heads, tiles, keep), DecisionScale.KeepCoverage(of, 1, heads, tiles, coverage)];

        static void Same(SparsePattern[] expected, SparsePattern[] actual) =>
            Assert.Equal(expected.Select(MappingCase.ListsOf), actual.Select(MappingCase.ListsOf));
    });

    /// <summary>Sums of a few tiles: any, or few values many times, so that many are equal.</summary>
    private static (float[] Sums, QueryTiles Tiles, int Keys) Sums(Random random, int batch, int heads)
    {
        QueryTiles tiles = QueryTiles.Raster(random.Next(1, 10), random.Next(2, 6));
        int keys = random.Next(1, 120);
        bool coarse = random.Next(2) == 0;
        float[] sums = [.. Enumerable.Range(0, batch * heads * tiles.TileCount * keys).Select(_ => coarse ? random.Next(4) / 4f : random.NextSingle())];
        return (sums, tiles, keys);
    }
}
