using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class HopperRingTests
{
    [Theory]
    [InlineData(1, "K0 V0")]
    [InlineData(2, "K0 K1 V0 V1")]
    [InlineData(4, "K0 K1 V0 K2 V1 K3 V2 V3")]
    public void Keys_come_a_step_ahead_of_values(int steps, string expected) => Assert.Equal(
        expected,
        string.Join(' ', Enumerable.Range(0, 2 * steps).Select(matrix => $"{(HopperRing.IsKeys(matrix, 2 * steps) ? 'K' : 'V')}{HopperRing.StepOf(matrix, 2 * steps)}")));

    [Fact]
    public void Places_go_through_all_stages_in_one_phase_and_then_in_the_other()
    {
        var places = new List<(int Stage, int Parity)>();
        RingPlace place = default;
        for (int i = 0; i < 3 * HopperRing.Stages; i++, place = RingPlace.Next(place))
            places.Add((RingPlace.Stage(place), RingPlace.Parity(place)));

        Assert.Equal(Enumerable.Range(0, 3 * HopperRing.Stages).Select(i => (i % HopperRing.Stages, i / HopperRing.Stages % 2)), places);
    }
}
