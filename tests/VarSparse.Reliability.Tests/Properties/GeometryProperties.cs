using VarSparse.Geometry;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class GeometryProperties
{
    [Fact]
    public void A_token_returns_from_its_position() => Property.Holds(2000, random =>
    {
        ScaleSchedule schedule = SmallPatterns.Schedule(random, random.Next(1, 9), 40);
        int token = random.Next(schedule.TokenCount);
        TokenPosition position = schedule.Position(token);
        Assert.Equal(token, schedule.Token(position));
        Assert.InRange(token, schedule.TokenOffset(position.Scale), schedule.TokensThrough(position.Scale) - 1);
        Assert.Equal(schedule.Sum(grid => grid.TokenCount), schedule.TokenCount);
    });

    [Fact]
    public void A_projection_is_nearest_and_onto_its_own_scale_changes_nothing() => Property.Holds(2000, random =>
    {
        ScaleSchedule schedule = SmallPatterns.Schedule(random, 2, 200);
        TokenPosition from = schedule.Position(random.Next(schedule.TokenCount));
        TokenPosition to = schedule.Project(from, 1 - from.Scale);
        Assert.Equal(from, schedule.Project(from, from.Scale));
        Near(from.Row, schedule[from.Scale].Height, to.Row, schedule[to.Scale].Height);
        Near(from.Column, schedule[from.Scale].Width, to.Column, schedule[to.Scale].Width);

        static void Near(int from, int fromExtent, int to, int toExtent)
        {
            decimal exact = (decimal)from * toExtent / fromExtent;
            Assert.True(Math.Abs(exact - to) <= 0.5m || (to == toExtent - 1 && exact > to), $"{from} of {fromExtent} went to {to} of {toExtent}");
        }
    });

    [Fact]
    public void Projecting_and_transposing_commute() => Property.Holds(2000, random =>
    {
        ScaleSchedule schedule = SmallPatterns.Schedule(random, random.Next(1, 6), 60);
        TokenPosition from = schedule.Position(random.Next(schedule.TokenCount));
        int scale = random.Next(schedule.Count);
        Assert.Equal(Swap(schedule.Project(from, scale)), schedule.Transpose().Project(Swap(from), scale));
        Assert.Equal(schedule, schedule.Transpose().Transpose());

        static TokenPosition Swap(TokenPosition position) => new(position.Scale, position.Column, position.Row);
    });
}
