using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class LayoutTests
{
    /// <summary>Layouts of [B, H, L, D] that torch hands out: contiguous, projected, broadcast over heads or batch, cut from a wider tensor.</summary>
    private static readonly (string Name, LayoutRule Rule, bool CanBeWritten)[] Rules =
    [
        ("heads first", AttentionLayout.HeadsFirst, true),
        ("tokens first", AttentionLayout.TokensFirst, true),
        ("padded tokens", (b, h, l, d) => new(b, h, l, d, (long)h * l * (d + 3), (long)l * (d + 3), d + 3), true),
        ("cut from q, k, v side by side", (b, h, l, d) => new(b, h, l, d, 3L * l * h * d, d, 3L * h * d), true),
        ("tokens outermost", (b, h, l, d) => new(b, h, l, d, d, (long)b * d, (long)b * h * d), true),
        ("one head for all", (b, h, l, d) => new(b, h, l, d, (long)l * d, 0, d), false),
        ("one batch entry for all", (b, h, l, d) => new(b, h, l, d, 0, (long)l * d, d), false),
        ("one token for all", (b, h, l, d) => new(b, h, l, d, (long)h * d, d, 0), false),
    ];

    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Every_layout_gives_what_the_reference_gives(int vectorBits)
    {
        using var attention = new CpuAttention(2, vectorBits);
        for (int i = 0; i < Rules.Length; i++)
        {
            (string name, LayoutRule layout, bool canBeWritten) = Rules[i];
            LayoutRule output = canBeWritten ? layout : AttentionLayout.HeadsFirst;
            SparsePattern pattern = SparsePattern.FromDenseMask(RandomPatterns.RandomMask(new Random(i), 150, 100), QueryTiles.Raster(150, 140));
            Check(new AttentionCase<float>(pattern, 2, 3, 24, i, layout, output), attention, name);
            Check(new AttentionCase<Half>(pattern, 2, 3, 24, i, layout, output), attention, name);
            Check(new AttentionCase<BFloat16>(pattern, 2, 3, 24, i, layout, output), attention, name);
        }
    }

    [Fact]
    public void Keys_and_values_may_lie_differently()
    {
        var pattern = SparsePattern.FromDenseMask(RandomPatterns.RandomMask(new Random(7), 20, 30), QueryTiles.Raster(20, 16));
        var problem = new AttentionCase<float>(pattern, 2, 3, 16, seed: 7);
        problem.V[40] = float.PositiveInfinity;
        float[] expected = problem.Run(CpuAttention.Shared).Output;
        Assert.Contains(float.PositiveInfinity, expected);
        foreach ((string keys, LayoutRule ofKeys, _) in Rules.Where(rule => rule.CanBeWritten))
        {
            foreach ((string values, LayoutRule ofValues, _) in Rules.Where(rule => rule.CanBeWritten))
            {
                var output = new float[expected.Length];
                CpuAttention.Shared.Run<float>(
                    new(problem.Q, problem.QueryLayout), Laid(problem.K, ofKeys(2, 3, 30, 16)), Laid(problem.V, ofValues(2, 3, 30, 16)), pattern, new(output, problem.OutputLayout));
                Assert.True(expected.AsSpan().SequenceEqual(output), $"keys {keys}, values {values}");
            }
        }

        static AttentionInput<float> Laid(float[] headsFirst, AttentionLayout layout)
        {
            var data = new float[layout.Extent];
            for (int i = 0; i < headsFirst.Length; i++)
            {
                (int row, int d) = Math.DivRem(i, layout.HeadDimension);
                (int matrix, int token) = Math.DivRem(row, layout.Tokens);
                data[layout.Offset(matrix / layout.Heads, matrix % layout.Heads, token) + d] = headsFirst[i];
            }

            return new(data, layout);
        }
    }

    [Fact]
    public void Extent_reaches_to_the_last_element_and_does_not_overflow()
    {
        Assert.Equal(2 * 3 * 5 * 8, AttentionLayout.HeadsFirst(2, 3, 5, 8).Extent);
        Assert.Equal(2 * 3 * 5 * 8, AttentionLayout.TokensFirst(2, 3, 5, 8).Extent);
        Assert.Equal(4 * 11 + 8, new AttentionLayout(1, 1, 5, 8, 0, 0, 11).Extent);
        Assert.Equal(long.MaxValue, new AttentionLayout(3, 1, 1, 8, long.MaxValue, 0, 0).Extent);
        Assert.Equal(2_147_483_647L * 256 * 3, AttentionLayout.HeadsFirst(1, 3, int.MaxValue, 256).Extent);
    }

    [Fact]
    public void Offsets_beyond_31_bits_are_counted_whole()
    {
        const long batch = (1L << 40) + 1, head = (1L << 36) + 2, token = (1L << 32) + 3;
        var layout = new AttentionLayout(3, 4, 5, 8, batch, head, token);
        Assert.Equal(2 * batch, layout.Offset(2, 0, 0));
        Assert.Equal(3 * head, layout.Offset(0, 3, 0));
        Assert.Equal(4 * token, layout.Offset(0, 0, 4));
        Assert.Equal(2 * batch + 3 * head + 4 * token, layout.Offset(2, 3, 4));
    }

    private static void Check<T>(AttentionCase<T> problem, CpuAttention attention, string name)
        where T : unmanaged
    {
        problem.AssertMatchesReference(attention);

        // Between the rows of the output lies memory of someone else's: it keeps the poison.
        T[] output = problem.Run(attention).Output;
        AttentionLayout layout = problem.OutputLayout;
        var inside = new HashSet<long>();
        for (int row = 0; row < layout.Batch * layout.Heads * layout.Tokens; row++)
        {
            long first = row / layout.Tokens / layout.Heads * layout.BatchStride + row / layout.Tokens % layout.Heads * layout.HeadStride + row % layout.Tokens * layout.TokenStride;
            for (int d = 0; d < layout.HeadDimension; d++)
                inside.Add(first + d);
        }

        for (int i = 0; i < output.Length; i++)
        {
            if (!inside.Contains(i) && !double.IsNaN(AttentionCase<T>.ToDouble(output[i])))
                Assert.Fail($"{name}, {problem}: element {i} was written");
        }
    }
}
