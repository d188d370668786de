using TorchSharp;
using VarSparse.Samples.EmojiVar.Generation;
using static TorchSharp.torch;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class SamplingTests
{
    [Theory]
    [InlineData(0, 0, "0 1 2 3 4")]
    [InlineData(2, 0, "3 4")]
    [InlineData(3, 1, "1 2 3 4")] // 1 and 2 tie for the third place
    [InlineData(5, 0, "0 1 2 3 4")]
    public void Top_k_keeps_the_largest_logits_and_ties_with_the_last(int topK, double topP, string expected) =>
        Assert.Equal(expected, Kept([-1, 2, 2, 3, 5], topK, topP));

    [Theory]
    // Probabilities 0.1, 0.2, 0.3, 0.4: those least probable go as long as they hold at most 1 - topP together.
    [InlineData(0.95, "0 1 2 3")]
    [InlineData(0.85, "1 2 3")]
    [InlineData(0.65, "2 3")]
    [InlineData(0.35, "3")]
    [InlineData(0.001, "3")]
    public void Top_p_drops_the_least_probable(double topP, string expected) =>
        Assert.Equal(expected, Kept([MathF.Log(1), MathF.Log(2), MathF.Log(3), MathF.Log(4)], 0, topP));

    [Fact]
    public void Draws_follow_the_softmax()
    {
        float[] logits = [MathF.Log(1), MathF.Log(2), MathF.Log(3), MathF.Log(4)];
        const int Draws = 40_000;
        int[] counts = new int[4];
        Candidates candidates = new(4);
        candidates.Fill(logits, 0, 0);
        for (int token = 0; token < Draws; token++)
            counts[candidates.Draw(new TokenChance(seed: 5, scale: 3, token))]++;

        // Chi-square with 3 degrees of freedom: above 16.27 in one of a thousand fair runs; the seed is fixed.
        double chiSquare = counts.Select((count, i) => Math.Pow(count - Draws * (i + 1) / 10.0, 2) / (Draws * (i + 1) / 10.0)).Sum();
        Assert.InRange(chiSquare, 0, 16.27);
    }

    [Fact]
    public void Chance_depends_on_seed_scale_token_and_code()
    {
        double value = new TokenChance(1, 2, 3).Exponential(4);
        Assert.Equal(value, new TokenChance(1, 2, 3).Exponential(4));
        double[] others =
        [
            new TokenChance(0, 2, 3).Exponential(4), new TokenChance(1, 0, 3).Exponential(4),
            new TokenChance(1, 2, 0).Exponential(4), new TokenChance(1, 2, 3).Exponential(0),
        ];
        Assert.DoesNotContain(value, others);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0)]
    [InlineData(20, 0.8)]
    [InlineData(0, 0.3)]
    public void A_device_draws_the_same_codes(int topK, double topP)
    {
        const int Images = 2, Rows = 50, Codes = 40, Scale = 3;
        int[] seeds = [1, 9];
        using DisposeScope scope = NewDisposeScope();
        using torch.Generator random = new(Scale);
        Tensor logits = randn([Images, Rows, Codes], generator: random) * 3;
        int[] places = [.. Enumerable.Range(0, Rows).Select(row => 2 * row)];

        long[] drawn = DeviceDraw.Choose(logits, topK, topP, seeds, Scale, places).data<long>().ToArray();

        float[] values = logits.data<float>().ToArray();
        Candidates candidates = new(Codes);
        for (int row = 0; row < Images * Rows; row++)
        {
            candidates.Fill(values.AsSpan(row * Codes, Codes), topK, topP);
            Assert.Equal(candidates.Draw(new TokenChance(seeds[row / Rows], Scale, places[row % Rows])), drawn[row]);
        }
    }

    [Fact]
    public void Logits_that_are_no_numbers_are_an_error() =>
        Assert.Throws<InvalidDataException>(() => new Candidates(2).Fill([float.NaN, float.NaN], 0, 0));

    private static string Kept(float[] logits, int topK, double topP)
    {
        Candidates candidates = new(logits.Length);
        candidates.Fill(logits, topK, topP);
        return string.Join(' ', candidates.Codes.ToArray().Order());
    }
}
