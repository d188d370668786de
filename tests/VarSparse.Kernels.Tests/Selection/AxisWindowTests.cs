using VarSparse.Geometry;
using VarSparse.Kernels.Selection;

namespace VarSparse.Kernels.Tests.Selection;

public sealed class AxisWindowTests
{
    [Fact]
    public void The_first_row_centred_from_a_source_row_on_is_the_one_that_a_search_finds()
    {
        for (int extent = 1; extent <= 24; extent++)
        {
            for (int sourceExtent = 1; sourceExtent <= 24; sourceExtent++)
            {
                for (int sourceRow = -3; sourceRow <= sourceExtent; sourceRow++)
                {
                    long found = AxisWindow.FirstCentredFrom(sourceRow, extent, sourceExtent);
                    int expected = 0;
                    while (expected < extent && ProportionalCoordinate.Nearest(expected, extent, sourceExtent) < sourceRow)
                        expected++;
                    Assert.True(Math.Min(found, extent) == expected, $"{extent} rows, row {sourceRow} of {sourceExtent}: {found}, {expected} expected");
                }
            }
        }
    }

    [Fact]
    public void Grids_of_any_size_do_not_overflow() =>
        Assert.Equal(int.MaxValue - 1, AxisWindow.FirstCentredFrom(int.MaxValue - 1, int.MaxValue, int.MaxValue));

    [Fact]
    public void A_row_sees_what_lies_within_the_radius_and_the_grid()
    {
        Assert.Equal((3, 8), (AxisWindow.FirstSeen(10, 20, 10, 2), AxisWindow.EndOfSeen(10, 20, 10, 2)));
        Assert.Equal((0, 3), (AxisWindow.FirstSeen(0, 20, 10, 2), AxisWindow.EndOfSeen(0, 20, 10, 2)));

        // The last row's place is just beyond the source's last row.
        Assert.Equal((2, 2), (AxisWindow.FirstSeen(4, 5, 2, 0), AxisWindow.EndOfSeen(4, 5, 2, 0)));
    }
}
