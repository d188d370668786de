using VarSparse.Torch.Diagnostics;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Tests.Diagnostics;

public sealed class HeadAssignmentTests
{
    [Fact]
    public void Each_head_gets_the_first_pattern_that_suffices_at_every_measurement()
    {
        HeadChoice[] heads = HeadAssignment.Cheapest(
            0.9,
            [(0, 0, 0.95), (0, 0, 0.9), (0, 1, 0.99), (0, 1, 0.89), (1, 0, 0.2), (1, 1, 0.91)],
            [(0, 0, 1), (0, 1, 0.93), (1, 0, 0.899), (2, 0, 1)]);

        Assert.Equal([(0, 0), (1, 1)], Chosen(heads[0]));
        Assert.Equal([(0, 1), (2, 0)], Chosen(heads[1]));

        static IEnumerable<(int, int)> Chosen(HeadChoice choice) =>
            from layer in Enumerable.Range(0, 4) from head in Enumerable.Range(0, 4) where choice(layer, head) select (layer, head);
    }

    [Fact]
    public void Shares_out_of_range_and_no_pattern_are_refused()
    {
        Refused("share: got 0, expected more than 0 and at most 1.", () => HeadAssignment.Cheapest(0, [(0, 0, 1)]));
        Refused("share: got 1.5,", () => HeadAssignment.Cheapest(1.5, [(0, 0, 1)]));
        Refused("recalls: got none, expected measurements of at least one pattern.", () => HeadAssignment.Cheapest(0.9));
        Refused("recalls: got NaN for layer 1, head 2, expected 0 to 1.", () => HeadAssignment.Cheapest(0.9, [(1, 2, double.NaN)]));
        Refused("recalls: got 95 for layer 0, head 0,", () => HeadAssignment.Cheapest(0.9, [(0, 0, 95)]));
        Assert.Throws<ArgumentNullException>("recalls", () => HeadAssignment.Cheapest(0.9, [null!]));

        static void Refused(string message, Action action) =>
            Assert.StartsWith(message, Assert.ThrowsAny<ArgumentException>(action).Message, StringComparison.Ordinal);
    }
}
