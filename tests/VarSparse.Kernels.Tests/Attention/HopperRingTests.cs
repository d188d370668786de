using VarSparse.Kernels.Attention;

namespace VarSparse.Kernels.Tests.Attention;

public sealed class HopperRingTests
{
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
