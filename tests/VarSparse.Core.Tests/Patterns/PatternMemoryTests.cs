using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>Patterns grow with tiles and lists, never with queries x keys.</summary>
public class PatternMemoryTests
{
    private const int Megabyte = 1 << 20;

    [Fact]
    public void Dense_for_65536_queries_and_170000_keys_takes_less_than_two_megabytes()
    {
        SparsePattern? pattern = null;
        Assert.InRange(Allocated(() => pattern = SparsePattern.Dense(65_536, 170_000)), 1, 2 * Megabyte);
        Assert.Equal(65_536L * 170_000, pattern!.KeptPairs);
    }

    [Fact]
    public void The_last_scales_pattern_takes_less_than_ten_megabytes() =>
        Assert.InRange(Allocated(() => CrossScaleLocal.Create(ScaleSchedule.Infinity(), 12)), 1, 10 * Megabyte);

    [Fact]
    public void A_block_mask_that_keeps_everything_takes_one_list()
    {
        var blocks = BlockMask.FromPattern(SparsePattern.Dense(65_536, 17_000));
        SparsePattern? pattern = null;
        Assert.InRange(Allocated(() => pattern = blocks.ToPattern()), 1, 4 * Megabyte);
        Assert.Equal((1, 1.0), (pattern!.Lists.ListCount, pattern.Density));
    }

    [Fact]
    public void A_union_with_dense_takes_one_list()
    {
        var local = SparsePattern.FromKeyLists(QueryTiles.Raster(65_536, 256), 17_000, [.. Enumerable.Range(0, 256).Select(tile => new[] { tile })]);
        SparsePattern? union = null;
        Assert.InRange(Allocated(() => union = local.Union(SparsePattern.Dense(65_536, 17_000))), 1, 8 * Megabyte);
        Assert.Equal((1, 1.0), (union!.Lists.ListCount, union.Density));
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
