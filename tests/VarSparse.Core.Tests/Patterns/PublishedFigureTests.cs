using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>The figures SparVAR prints for its last scale (64 x 64 queries, 10,521 keys), and what 2-D tiles make of them.</summary>
public class PublishedFigureTests
{
    private static readonly ScaleSchedule Schedule = ScaleSchedule.Infinity();

    [Fact]
    public void Default_windows_show_202_keys_a_query_on_average()
    {
        SparsePattern pattern = CrossScaleLocal.Create(Schedule, 12);
        Assert.Equal(4096, pattern.QueryCount);
        Assert.Equal(10521, pattern.KeyCount);
        Assert.Equal(0.0192, pattern.Density, 0.00005);
        Assert.Equal(202.0, (double)pattern.KeptPairs / pattern.QueryCount, 0.05);
    }

    [Theory]
    [InlineData(8, 16, 682, 746)]
    [InlineData(8, 8, 471, -1)]
    [InlineData(16, 16, 1021, -1)]
    public void Tiles_share_unions_of_few_keys(int height, int width, int average, int most)
    {
        SparsePattern pattern = CrossScaleLocal.Create(Schedule, 12, new CrossScaleLocalOptions { Tile = new TileShape(height, width) });
        Assert.Equal(average, (double)pattern.ComputedPairs / pattern.QueryCount, 0.5);
        if (most >= 0)
            Assert.Equal(most, pattern.Lists.LongestList);
    }

    [Theory]
    [InlineData(3, 5, 7, 435, 83.46)]
    [InlineData(1, 3, 5, -1, 86.24)]
    public void Raster_blocks_of_128_skip_the_published_share(int window40, int window48, int window64, int kept, double skipped)
    {
        int[] windows = [-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, window40, window48, window64];
        SparsePattern pattern = CrossScaleLocal.Create(Schedule, 12, new CrossScaleLocalOptions { Windows = windows });
        var blocks = BlockMask.FromPattern(pattern);
        Assert.Equal(2656, blocks.BlockCount);
        if (kept >= 0)
            Assert.Equal(kept, blocks.KeptBlocks);
        Assert.Equal(skipped, 100 * blocks.Sparsity, 0.005);
    }
}
