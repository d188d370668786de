using VarSparse.Attention;
using VarSparse.Core.Tests.Patterns;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Attention;

public class RandomProblemTests
{
    [Theory]
    [MemberData(nameof(VectorWidths.All), MemberType = typeof(VectorWidths))]
    public void Matches_the_reference_on_random_problems(int vectorBits)
    {
        using var attention = new CpuAttention(2, vectorBits);
        for (int seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            int heads = random.Next(1, 4), batch = random.Next(1, 3);
            SparsePattern pattern = RandomPatterns.Next(random, heads, batch);
            if (random.Next(3) == 0)
                pattern = pattern.WithKeyBias([.. Enumerable.Range(0, pattern.KeyCount).Select(_ => (float)(6 * random.NextDouble() - 3))]);
            int dimension = 8 * random.Next(1, seed % 10 == 0 ? 33 : 9);
            LayoutRule layout = random.Next(2) == 0 ? AttentionLayout.TokensFirst : AttentionLayout.HeadsFirst;
            double? scale = random.Next(2) == 0 ? null : random.NextDouble();
            switch (seed % 3)
            {
                case 0: new AttentionCase<float>(pattern, batch, heads, dimension, seed, layout, scale: scale).AssertMatchesReference(attention); break;
                case 1: new AttentionCase<Half>(pattern, batch, heads, dimension, seed, layout, scale: scale).AssertMatchesReference(attention); break;
                default: new AttentionCase<BFloat16>(pattern, batch, heads, dimension, seed, layout, scale: scale).AssertMatchesReference(attention); break;
            }
        }
    }
}
