using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

/// <summary>A warm call allocates nothing managed, on no thread.</summary>
[Collection(nameof(Alone))]
public class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_warm_call_allocates_nothing(int threads)
    {
        using var attention = new CpuAttention(threads);
        SparsePattern masked = SparsePattern.FromDenseMask(RandomPatterns.RandomMask(new Random(11), 300, 90), QueryTiles.Raster(300, 40));
        SparsePattern pruned = SparsePattern.FromKeyLists(QueryTiles.FromLists(9, [[3, 1], [8]]), 5, [[1, 4], []]).WithKeyBias(new float[5]);
        foreach (SparsePattern pattern in new[] { masked, pruned, SparsePattern.Dense(300, 90) })
        {
            AssertNoAllocation<float>(attention, pattern);
            AssertNoAllocation<Half>(attention, pattern);
            AssertNoAllocation<BFloat16>(attention, pattern);
        }
    }

    private static void AssertNoAllocation<T>(CpuAttention attention, SparsePattern pattern)
        where T : unmanaged
    {
        var problem = new AttentionCase<T>(pattern, 1, 2, 16, seed: 11);
        var output = new T[problem.OutputLayout.Extent];
        var sums = new float[2 * pattern.QueryCount];
        Run(3);

        // The runtime's own threads may allocate in between, so the best of several attempts counts.
        long own = long.MaxValue, all = long.MaxValue;
        for (int attempt = 0; attempt < 10 && all > 0; attempt++)
        {
            long ownBefore = GC.GetAllocatedBytesForCurrentThread();
            long allBefore = GC.GetTotalAllocatedBytes(precise: true);
            Run(10);
            all = Math.Min(all, GC.GetTotalAllocatedBytes(precise: true) - allBefore);
            own = Math.Min(own, GC.GetAllocatedBytesForCurrentThread() - ownBefore);
        }

        Assert.True((own, all) == (0, 0), $"{problem}: 10 calls allocated {own} bytes on this thread, {all} in all");

        void Run(int calls)
        {
            for (int call = 0; call < calls; call++)
                attention.Run<T>(new(problem.Q, problem.QueryLayout), new(problem.K, problem.KeyLayout), new(problem.V, problem.KeyLayout), pattern, new(output, problem.OutputLayout), null, sums);
        }
    }
}
