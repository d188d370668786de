using CsCheck;
using VarSparse.Geometry;

namespace VarSparse.Core.Tests.Geometry;

public class ProportionalCoordinateTests
{
    /// <summary>Double precision misses some halves; where it does, exact integers decide. Square schedules have no such place.</summary>
    [Fact]
    public void Nearest_equals_rounding_in_double_precision_except_where_that_misses_a_half()
    {
        int missed = 0;
        foreach ((string name, ScaleSchedule schedule) in Presets.All())
        {
            bool square = schedule.All(grid => grid.Height == grid.Width);
            foreach ((int from, int to) in ExtentPairs([schedule]))
            {
                for (int y = 0; y < from; y++)
                {
                    int exact = ProportionalCoordinate.Nearest(y, from, to);
                    double rounded = Math.Round(y / (double)from * to, MidpointRounding.ToEven);
                    if (exact == rounded)
                        continue;
                    missed++;
                    bool half = 2L * y * to % from == 0 && 2L * y * to / from % 2 == 1;
                    Assert.True(half && !square && exact % 2 == 0, $"{name}, {y} of {from} on {to}: {exact}, in double precision {rounded}");
                }
            }
        }

        Assert.NotEqual(0, missed);
        Assert.Equal(14, ProportionalCoordinate.Nearest(29, 54, 27));
    }

    [Fact]
    public void Floor_names_the_cell_that_holds_the_upper_left_corner()
    {
        foreach ((int from, int to) in ExtentPairs(Presets.All().Select(preset => preset.Schedule)))
        {
            for (int y = 0; y < from; y++)
            {
                int cell = ProportionalCoordinate.Floor(y, from, to);
                if (cell < 0 || cell >= to || (long)cell * from > (long)y * to || (cell + 1L) * from <= (long)y * to)
                    Assert.Fail($"{y} of {from} on {to}: {cell}");
            }
        }
    }

    [Fact]
    public void Large_extents_do_not_overflow() =>
        Gen.Select(Gen.Int[1, int.MaxValue], Gen.Int[1, int.MaxValue], Gen.Int[0, int.MaxValue]).Sample((from, to, raw) =>
        {
            int y = raw % from;
            Int128 scaled = (Int128)y * to;
            Assert.Equal((int)(scaled / from), ProportionalCoordinate.Floor(y, from, to));

            int nearest = ProportionalCoordinate.Nearest(y, from, to);
            Int128 twiceOff = 2 * Int128.Abs((Int128)nearest * from - scaled);
            Assert.True(twiceOff <= from);
            Assert.True(twiceOff < from || nearest % 2 == 0);
        });

    [Theory]
    [InlineData(1, 2, 1, 0)]
    [InlineData(1, 2, 3, 2)]
    [InlineData(3, 2 * 3, 5, 2)]
    [InlineData(3, 2 * 3, 7, 4)]
    public void Halves_go_to_the_even_neighbour(int coordinate, int from, int to, int expected) =>
        Assert.Equal(expected, ProportionalCoordinate.Nearest(coordinate, from, to));

    [Fact]
    public void Nearest_can_reach_the_extent_of_a_small_grid() => Assert.Equal(1, ProportionalCoordinate.Nearest(63, 64, 1));

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        foreach (Func<int, int, int, int> map in new Func<int, int, int, int>[] { ProportionalCoordinate.Nearest, ProportionalCoordinate.Floor })
        {
            BadInput.Rejected("coordinate", () => map(-1, 4, 4), "got -1", "0 to 3");
            BadInput.Rejected("coordinate", () => map(4, 4, 4), "got 4", "0 to 3");
            BadInput.Rejected("fromExtent", () => map(0, 0, 4), "got 0", "at least 1");
            BadInput.Rejected("toExtent", () => map(0, 4, -2), "got -2", "at least 1");
        }
    }

    private static HashSet<(int From, int To)> ExtentPairs(IEnumerable<ScaleSchedule> schedules)
    {
        HashSet<(int, int)> pairs = [];
        foreach (ScaleSchedule schedule in schedules)
        {
            foreach (GridSize from in schedule)
            {
                foreach (GridSize to in schedule)
                {
                    pairs.Add((from.Height, to.Height));
                    pairs.Add((from.Width, to.Width));
                }
            }
        }

        return pairs;
    }
}
