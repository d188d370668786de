using VarSparse.Geometry;
using VarSparse.Scoring;

namespace VarSparse.Reliability.Tests.Properties;

public sealed class ScoringProperties
{
    [Fact]
    public void Kept_tokens_hold_their_share_and_none_could_go() => Property.Holds(1500, random =>
    {
        float[] energy = [.. Enumerable.Range(0, random.Next(1, 80)).Select(_ => random.Next(5) == 0 ? 0 : random.NextSingle())];
        double rho = 1 - random.NextDouble();
        int[] kept = RefinementMask.Select(energy, rho);
        double total = energy.Sum(value => (double)value), held = kept.Sum(token => (double)energy[token]);
        Assert.Equal(kept.Order().Distinct(), kept);
        if (total == 0)
        {
            Assert.Equal(energy.Length, kept.Length);
            return;
        }

        Assert.True(held >= rho * total * (1 - 1e-12), $"{held} of {total} is less than {rho}");
        Assert.True(held - kept.Min(token => energy[token]) < rho * total * (1 + 1e-12), "a token too many");
        float least = kept.Min(token => energy[token]);
        Assert.All(Enumerable.Range(0, energy.Length).Except(kept), token => Assert.True(energy[token] <= least));
    });

    [Fact]
    public void Energy_is_quadratic_and_knows_no_constant_and_no_direction() => Property.Holds(1500, random =>
    {
        var grid = new GridSize(random.Next(1, 12), random.Next(1, 12));
        var target = new GridSize(random.Next(1, 20), random.Next(1, 20));
        int channels = random.Next(1, 4);
        float[] residual = [.. Enumerable.Range(0, channels * grid.TokenCount).Select(_ => random.Next(-64, 65) / 8f)];
        float[] energy = Energy(residual, grid, target);
        Assert.All(energy, value => Assert.True(value >= 0));
        Assert.Equal(energy.Select(value => 4 * value), Energy([.. residual.Select(value => -2 * value)], grid, target));
        Assert.Equal(energy, Energy([.. residual.Select(value => value + 16)], grid, target));

        float[] across = Energy(Swap(residual, grid), grid.Transposed, target.Transposed);
        float[] expected = Swap(energy, target);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], across[i], 1e-6f * Math.Max(1, expected[i]));

        float[] Energy(float[] maps, GridSize from, GridSize to)
        {
            var result = new float[to.TokenCount];
            HighFrequencyEnergy.Compute(maps, channels, from, to, result);
            return result;
        }

        static float[] Swap(float[] maps, GridSize size)
        {
            var swapped = new float[maps.Length];
            for (int i = 0; i < maps.Length; i++)
            {
                (int map, int cell) = Math.DivRem(i, size.TokenCount);
                swapped[map * size.TokenCount + cell % size.Width * size.Height + cell / size.Width] = maps[i];
            }

            return swapped;
        }
    });

    [Fact]
    public void Distance_is_symmetric_grows_with_its_factor_and_knows_no_order_of_tokens() => Property.Holds(1500, random =>
    {
        int tokens = random.Next(1, 12), vocabulary = random.Next(1, 40);
        float[] a = [.. Enumerable.Range(0, tokens * vocabulary).Select(_ => random.NextSingle() - 0.5f)];
        float[] b = [.. a.Select(_ => random.NextSingle() - 0.5f)];
        double distance = GuidanceConvergence.Distance(a, b, tokens);
        Assert.Equal(0, GuidanceConvergence.Distance(a, a, tokens));
        Assert.Equal(distance, GuidanceConvergence.Distance(b, a, tokens));
        Assert.Equal(8 * distance, GuidanceConvergence.Distance([.. a.Select(value => 8 * value)], [.. b.Select(value => 8 * value)], tokens), 1e-6 * distance);
        int[] order = [.. Enumerable.Range(0, tokens)];
        random.Shuffle(order);
        Assert.Equal(distance, GuidanceConvergence.Distance(Reorder(a), Reorder(b), tokens), 1e-9 * Math.Max(1, distance));

        float[] Reorder(float[] logits) => [.. order.SelectMany(token => logits.Skip(token * vocabulary).Take(vocabulary))];
    });
}
