using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

/// <summary>No element before the first or after the last one of a tensor is touched: such an access ends the test process.</summary>
public unsafe class OutOfBoundsTests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Nothing_beyond_the_tensors_is_touched(int vectorBits)
    {
        Assert.SkipUnless(GuardedMemory<float>.IsSupported, "guard pages are made by mmap, which this system has not");
        using var attention = new CpuAttention(1, vectorBits);
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            SparsePattern pattern = RandomPatterns.Next(random, 2, 1);
            LayoutRule layout = random.Next(2) == 0 ? AttentionLayout.TokensFirst : AttentionLayout.HeadsFirst;
            int dimension = 8 * random.Next(1, 6);
            foreach (bool atEnd in new[] { false, true })
            {
                Check(attention, new AttentionCase<float>(pattern, 1, 2, dimension, seed, layout), atEnd);
                Check(attention, new AttentionCase<Half>(pattern, 1, 2, dimension, seed, layout), atEnd);
                Check(attention, new AttentionCase<BFloat16>(pattern, 1, 2, dimension, seed, layout), atEnd);
            }
        }
    }

    private static void Check<T>(CpuAttention attention, AttentionCase<T> problem, bool atEnd)
        where T : unmanaged
    {
        (T[] expected, float[] expectedSums) = problem.Run(attention);
        using var q = new GuardedMemory<T>(problem.Q, atEnd);
        using var k = new GuardedMemory<T>(problem.K, atEnd);
        using var v = new GuardedMemory<T>(problem.V, atEnd);
        using var output = new GuardedMemory<T>(new T[expected.Length], atEnd);
        using var sums = new GuardedMemory<float>(new float[expectedSums.Length], atEnd);
        attention.Run<T>(
            new(q.First, problem.QueryLayout), new(k.First, problem.KeyLayout), new(v.First, problem.KeyLayout), problem.Pattern, new(output.First, problem.OutputLayout), problem.Scale, sums.Span);
        Assert.Equal(expected, output.Span.ToArray());
        Assert.Equal(expectedSums, sums.Span.ToArray());
    }
}
