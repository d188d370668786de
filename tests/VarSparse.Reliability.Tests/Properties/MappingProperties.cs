using VarSparse.Core.Tests.Patterns;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class MappingProperties
{
    [Fact]
    public void Without_a_band_lists_are_those_of_the_formulas() => Property.Holds(1500, random =>
    {
        var @case = MappingCase.Next(random);
        @case = @case with { Options = @case.Options with { LocalMargin = null } };
        (ScaleSchedule schedule, int decision, int scale, KeyMapOptions options, SparsePattern selection) = @case;
        SparsePattern mapped = @case.Map();
        Assert.Equal((selection.BatchCount, selection.HeadCount), (mapped.BatchCount, mapped.HeadCount));
        Assert.Equal((schedule[scale].TokenCount, schedule.TokensThrough(scale)), (mapped.QueryCount, mapped.KeyCount));
        Assert.True(mapped.Tiles.UncoveredQueries.IsEmpty);
        int[][] lists = MappingCase.ListsOf(mapped), sources = MappingCase.ListsOf(selection);
        for (int i = 0; i < lists.Length; i++)
        {
            (int matrix, int tile) = Math.DivRem(i, mapped.Tiles.TileCount);
            int source = SlowIndexMapping.DecisionGroup(mapped.Tiles.Queries(tile)[0], schedule[scale], schedule[decision], options);
            Assert.Equal(SlowIndexMapping.Keys(schedule, decision, scale, options, sources[matrix * selection.Tiles.TileCount + source]), lists[i]);
        }
    });

    [Fact]
    public void A_band_adds_the_queries_neighbours_and_nothing_else() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        int margin = random.Next(4), first = @case.Schedule.TokenOffset(@case.Scale);
        GridSize grid = @case.Schedule[@case.Scale];
        int width = @case.Options.RunLength is null ? grid.Width : grid.TokenCount;
        int[][] without = MappingCase.ListsOf((@case with { Options = @case.Options with { LocalMargin = null } }).Map());
        SparsePattern mapped = (@case with { Options = @case.Options with { LocalMargin = margin } }).Map();
        int[][] with = MappingCase.ListsOf(mapped);
        Assert.Equal(without.Length, with.Length);
        for (int i = 0; i < with.Length; i++)
        {
            int[] queries = mapped.Tiles.Queries(i % mapped.Tiles.TileCount).ToArray();
            IEnumerable<int> near = Enumerable.Range(0, grid.TokenCount).Where(token => queries.Any(query => AreNear(token, query)));
            Assert.Equal(without[i].Union(near.Select(token => first + token)).Order(), with[i]);
        }

        bool AreNear(int token, int query) =>
            Math.Abs(token / width - query / width) <= margin && Math.Abs(token % width - query % width) <= margin;
    });

    [Fact]
    public void Keys_ascend_lie_in_range_and_begin_with_the_sinks() => Property.Holds(1500, random =>
    {
        var @case = MappingCase.Next(random);
        SparsePattern mapped = @case.Map();
        int sinks = @case.Schedule.Take(Math.Min(@case.Options.SinkScales, @case.Scale + 1)).Sum(grid => grid.TokenCount);
        Assert.All(MappingCase.ListsOf(mapped), list =>
        {
            Assert.Equal(list.Order().Distinct(), list);
            Assert.All(list, key => Assert.InRange(key, 0, @case.Schedule.TokensThrough(@case.Scale) - 1));
            Assert.Equal(Enumerable.Range(0, sinks), list.Take(sinks));
        });
    });

    [Fact]
    public void Identity_keeps_the_keys_that_the_scale_can_see() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        @case = @case with { Options = @case.Options with { Alignment = KeyAlignment.Identity, SinkScales = 0, LocalMargin = null } };
        IndexMapping mapping = @case.Mapping();
        SparsePattern mapped = mapping.Map(@case.Selection);
        int[][] lists = MappingCase.ListsOf(mapped), sources = MappingCase.ListsOf(@case.Selection);
        for (int i = 0; i < lists.Length; i++)
        {
            (int matrix, int tile) = Math.DivRem(i, mapped.Tiles.TileCount);
            int[] source = sources[matrix * mapping.DecisionTiles.TileCount + mapping.DecisionTile(tile)];
            Assert.Equal(source.Where(key => key < mapped.KeyCount), lists[i]);
        }
    });

    [Fact]
    public void Onto_its_own_scale_a_selection_stays_as_it_is() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        @case = @case with { Scale = @case.Decision, Options = @case.Options with { SinkScales = 0, LocalMargin = null } };
        SparsePattern mapped = @case.Map();
        Assert.Equal(@case.Selection.KeyCount, mapped.KeyCount);
        Assert.Equal(MappingCase.ListsOf(@case.Selection), MappingCase.ListsOf(mapped));
        for (int tile = 0; tile < mapped.Tiles.TileCount; tile++)
            Assert.Equal(@case.Selection.Tiles.Queries(tile), mapped.Tiles.Queries(tile));
    });

    [Fact]
    public void Heads_and_batch_entries_are_mapped_each_for_itself() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        int head = random.Next(@case.Selection.HeadCount), batch = random.Next(1, @case.Selection.BatchCount + 1);
        SparsePattern mapped = @case.Map();
        Assert.Equal(
            MappingCase.ListsOf(mapped.OfHeads(head, 1).FirstBatchEntries(batch)),
            MappingCase.ListsOf(@case.Map(@case.Selection.OfHeads(head, 1).FirstBatchEntries(batch))));
    });

    [Fact]
    public void A_mapped_union_is_the_union_of_the_mapped() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        SparsePattern a = @case.Selection;
        SparsePattern b = SmallPatterns.Lists(random, a.Tiles, a.KeyCount, a.HeadCount, a.BatchCount);
        int[][] listsOfA = MappingCase.ListsOf(a), listsOfB = MappingCase.ListsOf(b);
        SparsePattern both = SmallPatterns.Lists(a.Tiles, a.KeyCount, a.HeadCount, a.BatchCount, [.. listsOfA.Zip(listsOfB, (x, y) => x.Union(y).Order().ToArray())]);
        int[][] mappedA = MappingCase.ListsOf(@case.Map(a)), mappedB = MappingCase.ListsOf(@case.Map(b));
        Assert.Equal(mappedA.Zip(mappedB, (x, y) => x.Union(y).Order().ToArray()), MappingCase.ListsOf(@case.Map(both)));
    });

    [Fact]
    public void Mapping_and_transposing_commute() => Property.Holds(1000, random =>
    {
        var @case = MappingCase.Next(random);
        KeyMapOptions options = @case.Options with { RunLength = null };
        TileShape tile = options.Tile;
        ScaleSchedule schedule = @case.Schedule, swapped = schedule.Transpose();
        bool[,] selected = SmallPatterns.Mask(random, 1, schedule.TokensThrough(@case.Decision));
        int[] list = [.. Enumerable.Range(0, selected.Length).Where(key => selected[0, key])];
        bool[,] mask = Mapped(schedule, options, list);
        bool[,] other = Mapped(swapped, options with { Tile = new TileShape(tile.Width, tile.Height) }, [.. list.Select(key => Swap(schedule, swapped, key)).Order()]);
        int first = schedule.TokenOffset(@case.Scale);
        DenseMasks.AssertEqual(
            mask,
            DenseMasks.Create(mask.GetLength(0), mask.GetLength(1), (query, key) => other[Swap(schedule, swapped, first + query) - first, Swap(schedule, swapped, key)]),
            $"{@case}");

        bool[,] Mapped(ScaleSchedule scales, KeyMapOptions how, int[] keys)
        {
            QueryTiles tiles = how.TilesOf(scales[@case.Decision]);
            SparsePattern selection = SparsePattern.FromKeyLists(tiles, scales.TokensThrough(@case.Decision), [.. Enumerable.Repeat(keys, tiles.TileCount)]);
            return new IndexMapping(scales, @case.Decision, @case.Scale, how).Map(selection).ToDenseMask();
        }

        static int Swap(ScaleSchedule from, ScaleSchedule to, int token)
        {
            TokenPosition position = from.Position(token);
            return to.Token(new TokenPosition(position.Scale, position.Column, position.Row));
        }
    });
}
