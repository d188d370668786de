using VarSparse.Geometry;

namespace VarSparse.Core.Tests.Geometry;

public class ScaleScheduleTests
{
    private static readonly ScaleSchedule Small = new(new(1, 1), new(2, 3), new(4, 5));

    [Fact]
    public void Every_token_of_every_preset_returns_from_its_position()
    {
        foreach ((string name, ScaleSchedule schedule) in Presets.All())
        {
            int token = 0;
            for (int scale = 0; scale < schedule.Count; scale++)
            {
                for (int row = 0; row < schedule[scale].Height; row++)
                {
                    for (int column = 0; column < schedule[scale].Width; column++, token++)
                    {
                        var position = new TokenPosition(scale, row, column);
                        if (schedule.Token(position) != token || schedule.Position(token) != position)
                            Assert.Fail($"{name}: {position} gives token {schedule.Token(position)}, token {token} gives {schedule.Position(token)}");
                    }
                }
            }

            Assert.Equal(schedule.TokenCount, token);
        }
    }

    [Fact]
    public void Projection_is_the_nearest_proportional_cell_cut_to_the_grid()
    {
        foreach ((string name, ScaleSchedule schedule) in Presets.All())
        {
            for (int scale = 0; scale < schedule.Count; scale++)
            {
                GridSize from = schedule[scale];
                foreach (var position in new TokenPosition[] { new(scale, 0, 0), new(scale, from.Height - 1, from.Width / 2), new(scale, from.Height / 3, from.Width - 1) })
                {
                    for (int target = 0; target < schedule.Count; target++)
                    {
                        GridSize to = schedule[target];
                        int row = (int)Math.Min(to.Height - 1, Math.Round(position.Row / (double)from.Height * to.Height, MidpointRounding.ToEven));
                        int column = (int)Math.Min(to.Width - 1, Math.Round(position.Column / (double)from.Width * to.Width, MidpointRounding.ToEven));
                        if (schedule.Project(position, target) != new TokenPosition(target, row, column))
                            Assert.Fail($"{name}: {position} on scale {target} is {schedule.Project(position, target)}, expected row {row}, column {column}");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_last_row_that_rounds_to_the_height_is_cut_to_the_last_row() =>
        Assert.Equal(new TokenPosition(0, 0, 0), Small.Project(new TokenPosition(2, 3, 4), 0));

    [Fact]
    public void Schedules_are_values()
    {
        var same = new ScaleSchedule(new GridSize(1, 1), new GridSize(2, 3), new GridSize(4, 5));
        Assert.Equal(Small, same);
        Assert.Equal(Small.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(Small, Small.Transpose());
        Assert.False(Small.Equals(null));
        Assert.Equal("1x1 2x3 4x5", Small.ToString());
    }

    [Fact]
    public void A_schedule_keeps_its_own_copy_of_the_grids()
    {
        GridSize[] grids = [new(1, 1), new(2, 2)];
        var schedule = new ScaleSchedule(grids);
        grids[1] = new GridSize(9, 9);
        Assert.Equal(new GridSize(2, 2), schedule[1]);
    }

    [Fact]
    public void Token_counts_beyond_31_bits_are_an_error_not_a_smaller_number()
    {
        Assert.Throws<OverflowException>(() => new GridSize(65536, 65536).TokenCount);
        Assert.Equal(int.MaxValue, new ScaleSchedule(new GridSize(1, int.MaxValue)).TokenCount);
    }

    [Fact]
    public void Bad_input_is_rejected_in_one_line()
    {
        BadInput.Rejected("scales", () => _ = new ScaleSchedule(), "empty", "at least one");
        BadInput.Rejected("scales", () => _ = new ScaleSchedule(new(1, 1), new(0, 3)), "scale 1", "0x3", "at least 1");
        BadInput.Rejected("scales", () => _ = new ScaleSchedule(new GridSize(2, -3)), "2x-3", "at least 1");
        BadInput.Rejected("scales", () => ScaleSchedule.FromSides(1, 50000), "scale 1", "2147483647");
        BadInput.Rejected("scale", () => _ = Small[-1], "got -1", "0 to 2");
        BadInput.Rejected("scale", () => _ = Small[3], "got 3", "0 to 2");
        BadInput.Rejected("scale", () => Small.TokenOffset(3), "got 3", "0 to 2");
        BadInput.Rejected("scale", () => Small.TokensThrough(-1), "got -1", "0 to 2");
        BadInput.Rejected("scale", () => Small.Project(default, 3), "got 3", "0 to 2");
        BadInput.Rejected("token", () => Small.Position(-1), "got -1", "0 to 26");
        BadInput.Rejected("token", () => Small.Position(27), "got 27", "0 to 26");
        BadInput.Rejected("position", () => Small.Token(new(3, 0, 0)), "scale 3", "0 to 2");
        BadInput.Rejected("position", () => Small.Token(new(1, 2, 0)), "row 2", "2x3");
        BadInput.Rejected("position", () => Small.Token(new(1, 0, -1)), "column -1", "2x3");
        BadInput.Rejected("position", () => Small.Project(new(1, 0, 3), 0), "column 3", "2x3");
    }
}
