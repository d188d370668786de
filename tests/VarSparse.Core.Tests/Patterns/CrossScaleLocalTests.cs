using CsCheck;
using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

public class CrossScaleLocalTests
{
    private static readonly Gen<GridSize> Grids = Gen.OneOf(
        Gen.Select(Gen.Int[1, 14], Gen.Int[1, 14], (height, width) => new GridSize(height, width)),
        Gen.Const(new GridSize(1, 1)));

    private static readonly Gen<TileShape> Shapes = Gen.Select(Gen.Int[1, 16], Gen.Int[1, 16], (height, width) => new TileShape(height, width));

    private static readonly Gen<Case> Cases =
        from grids in Grids.Array[1, 5]
        from queryScale in Gen.Int[0, grids.Length - 1]
        from windows in Gen.Int[-1, 9].Array[grids.Length]
        from sinkScales in Gen.Int[0, 3]
        from tile in Shapes
        select new Case(new ScaleSchedule(grids), queryScale, windows, sinkScales, tile);

    [Fact]
    public void Exact_mask_equals_the_definition() => Cases.Sample(
        item => DenseMasks.AssertEqual(item.SlowMask(), item.Create(exact: true).ToDenseMask(), item.ToString()), iter: 300);

    [Fact]
    public void Whole_tile_mask_equals_what_any_query_of_the_tile_sees() => Cases.Sample(
        item =>
        {
            SparsePattern pattern = item.Create(exact: false);
            Assert.False(pattern.HasTokenMask);
            bool[,] expected = SlowCrossScaleLocal.WholeTiles(item.SlowMask(), item.Grid, item.Tile.Height, item.Tile.Width);
            DenseMasks.AssertEqual(expected, pattern.ToDenseMask(), item.ToString());
            Assert.Equal(pattern.ComputedPairs, item.Create(exact: true).ComputedPairs);
        },
        iter: 200);

    [Fact]
    public void Transposing_schedule_and_tile_transposes_the_pattern() => Cases.Sample(
        item =>
        {
            ScaleSchedule schedule = item.Schedule;
            ScaleSchedule transposed = schedule.Transpose();
            Case other = item with { Schedule = transposed, Tile = new TileShape(item.Tile.Width, item.Tile.Height) };
            foreach (bool exact in new[] { false, true })
            {
                bool[,] swapped = other.Create(exact).ToDenseMask();
                int start = schedule.TokenOffset(item.QueryScale);
                bool[,] expected = DenseMasks.Create(
                    item.Grid.TokenCount, schedule.TokensThrough(item.QueryScale), (query, key) => swapped[Swap(start + query) - start, Swap(key)]);
                DenseMasks.AssertEqual(expected, item.Create(exact).ToDenseMask(), $"{item}, exact {exact}");
            }

            int Swap(int token)
            {
                (int scale, int row, int column) = schedule.Position(token);
                return transposed.Token(new TokenPosition(scale, column, row));
            }
        },
        iter: 100);

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public void Defaults_are_the_papers_windows_and_sinks(int queryScale)
    {
        var schedule = ScaleSchedule.Infinity();
        int[] windows = [-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 5, 7];
        SparsePattern pattern = CrossScaleLocal.Create(schedule, queryScale);
        DenseMasks.AssertEqual(SlowCrossScaleLocal.Mask(schedule, queryScale, windows, 5), pattern.ToDenseMask(), $"query scale {queryScale}");
        SparsePattern spelledOut = CrossScaleLocal.Create(schedule, queryScale, new CrossScaleLocalOptions
        {
            Windows = windows,
            SinkScales = 5,
            Tile = new TileShape(8, 16),
            ExactMask = true,
        });
        Assert.Equal(spelledOut.Lists.AllKeys, pattern.Lists.AllKeys);
        Assert.Equal(spelledOut.Lists.AllMaskWords, pattern.Lists.AllMaskWords);
    }

    [Fact]
    public void Rectangles_equal_the_definition_at_full_size()
    {
        var schedule = ScaleSchedule.Infinity(1.75, InfinityResolution.Megapixels060);
        int[] windows = [-1, -1, -1, -1, -1, -1, -1, 1, 1, 3, 5, 7];
        DenseMasks.AssertEqual(
            SlowCrossScaleLocal.Mask(schedule, 11, windows, 5), CrossScaleLocal.Create(schedule, 11).ToDenseMask(), "70x40");
    }

    [Fact]
    public void Fewer_scales_than_default_windows_take_the_last_of_them()
    {
        var schedule = ScaleSchedule.FromSides(4, 8);
        var options = new CrossScaleLocalOptions { SinkScales = 0 };
        DenseMasks.AssertEqual(SlowCrossScaleLocal.Mask(schedule, 1, [5, 7], 0), CrossScaleLocal.Create(schedule, 1, options).ToDenseMask(), "two scales");
    }

    [Fact]
    public void A_huge_window_sees_everything_and_no_window_nothing()
    {
        var schedule = ScaleSchedule.FromSides(1, 3, 9);
        SparsePattern all = CrossScaleLocal.Create(schedule, 2, new CrossScaleLocalOptions { SinkScales = 0, Windows = [int.MaxValue, int.MaxValue, int.MaxValue] });
        Assert.Equal(1, all.Density);
        SparsePattern none = CrossScaleLocal.Create(schedule, 2, new CrossScaleLocalOptions { SinkScales = 0, Windows = [-1, -1, -1] });
        Assert.Equal(0, none.ComputedPairs);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        var schedule = ScaleSchedule.FromSides(1, 2, 4);
        BadInput.Rejected("queryScale", () => CrossScaleLocal.Create(schedule, 3), "got 3", "0 to 2");
        BadInput.Rejected("queryScale", () => CrossScaleLocal.Create(schedule, -1), "got -1", "0 to 2");
        BadInput.Rejected("Windows", () => Create(new() { Windows = [1, 1] }), "got 2", "expected 3");
        BadInput.Rejected("Windows", () => Create(new() { Windows = [1, -2, 1] }), "scale 1 has -2", "at least 0, or -1");
        BadInput.Rejected("Windows", () => Create(new() { Windows = [1, 1, int.MinValue] }), "scale 2", "at least 0, or -1");
        BadInput.Rejected("SinkScales", () => Create(new() { SinkScales = -1 }), "got -1", "at least 0");
        BadInput.Rejected("shape", () => Create(new() { Tile = new TileShape(0, 4) }), "0x4", "at least 1");
        BadInput.Rejected("shape", () => Create(new() { Tile = new TileShape(16, 17) }), "16x17", "at most 256");
        Assert.Throws<ArgumentNullException>(() => CrossScaleLocal.Create(null!, 0));

        void Create(CrossScaleLocalOptions options) => CrossScaleLocal.Create(schedule, 2, options);
    }

    private sealed record Case(ScaleSchedule Schedule, int QueryScale, int[] Windows, int SinkScales, TileShape Tile)
    {
        public GridSize Grid => Schedule[QueryScale];

        public SparsePattern Create(bool exact) => CrossScaleLocal.Create(
            Schedule, QueryScale, new CrossScaleLocalOptions { Windows = Windows, SinkScales = SinkScales, Tile = Tile, ExactMask = exact });

        public bool[,] SlowMask() => SlowCrossScaleLocal.Mask(Schedule, QueryScale, Windows, SinkScales);

        public override string ToString() =>
            $"scales {Schedule}, queries of scale {QueryScale}, windows {string.Join(' ', Windows)}, sinks {SinkScales}, tile {Tile}";
    }
}
