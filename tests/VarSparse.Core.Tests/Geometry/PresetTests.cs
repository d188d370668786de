using VarSparse.Geometry;

namespace VarSparse.Core.Tests.Geometry;

public class PresetTests
{
    [Fact]
    public void Square_presets_have_the_published_sides_and_token_counts()
    {
        Assert.Equal([1, 2, 3, 4, 5, 6, 8, 10, 13, 16], Sides(ScaleSchedule.Var256));
        Assert.Equal(680, ScaleSchedule.Var256.TokenCount);
        Assert.Equal([1, 2, 3, 4, 6, 9, 13, 18, 24, 32], Sides(ScaleSchedule.Var512));
        Assert.Equal(2240, ScaleSchedule.Var512.TokenCount);
        Assert.Equal([1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 27, 36, 48, 64], Sides(ScaleSchedule.Hart1024));
        Assert.Equal(9451, ScaleSchedule.Hart1024.TokenCount);
    }

    [Fact]
    public void Infinity_has_the_published_cumulative_tokens()
    {
        int[] cumulative = [0, 1, 5, 21, 57, 121, 265, 521, 921, 1497, 2521, 4121, 6425, 10521];
        var schedule = ScaleSchedule.Infinity();
        Assert.Equal(cumulative[..^1], Enumerable.Range(0, 13).Select(schedule.TokenOffset));
        Assert.Equal(cumulative[1..], Enumerable.Range(0, 13).Select(schedule.TokensThrough));
        Assert.Equal(cumulative[^1], schedule.TokenCount);
    }

    [Fact]
    public void Infinity_has_the_published_grids_at_every_ratio_and_resolution()
    {
        foreach ((double ratio, double inverse, string text) in Presets.Infinity)
        {
            GridSize[] grids = Presets.Parse(text);
            Assert.Equal(13, grids.Length);
            foreach ((InfinityResolution resolution, int scales) in Presets.Resolutions)
            {
                var schedule = ScaleSchedule.Infinity(ratio, resolution);
                Assert.Equal(grids[..scales], schedule);
                var transposed = ScaleSchedule.Infinity(inverse, resolution);
                Assert.Equal(grids[..scales].Select(grid => new GridSize(grid.Width, grid.Height)), transposed);
                Assert.Equal(schedule.Transpose(), transposed);
                Assert.Equal(schedule, transposed.Transpose());
            }
        }
    }

    [Fact]
    public void Known_ratios_are_the_listed_ones_and_their_inverses_ascending()
    {
        Assert.Equal(
            [0.333, 0.400, 0.500, 0.571, 0.667, 0.750, 0.800, 1.000, 1.250, 1.333, 1.500, 1.750, 2.000, 2.500, 3.000],
            ScaleSchedule.InfinityAspectRatios);
    }

    [Theory]
    [InlineData(4.0 / 3, 1.333)]
    [InlineData(2.0 / 3, 0.667)]
    [InlineData(4.0 / 7, 0.571)]
    [InlineData(1.0 / 3, 0.333)]
    public void A_fraction_finds_its_rounded_ratio(double fraction, double listed) =>
        Assert.Equal(ScaleSchedule.Infinity(listed), ScaleSchedule.Infinity(fraction));

    [Theory]
    [InlineData(1.1)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_unknown_ratio_is_answered_with_the_known_ones(double ratio)
    {
        string[] known = [.. Presets.Infinity.SelectMany(entry => new[] { Text(entry.Ratio), Text(entry.Inverse) })];
        BadInput.Rejected("aspectRatio", () => ScaleSchedule.Infinity(ratio), known);
        BadInput.Rejected("aspectRatio", () => ScaleSchedule.Infinity(ratio), FormattableString.Invariant($"got {ratio}"));

        static string Text(double value) => FormattableString.Invariant($"{value:0.000}");
    }

    [Fact]
    public void An_unknown_resolution_is_answered_with_the_known_ones() =>
        BadInput.Rejected("resolution", () => ScaleSchedule.Infinity(1, (InfinityResolution)8), "got 8", "Megapixels006", "OneMegapixel");

    private static IEnumerable<int> Sides(ScaleSchedule schedule)
    {
        Assert.All(schedule, grid => Assert.Equal(grid.Height, grid.Width));
        return schedule.Select(grid => grid.Height);
    }
}
