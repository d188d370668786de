using VarSparse.Benchmarks.Advice;

namespace VarSparse.Samples.Tests.Benchmarks;

public sealed class RecommendationTests
{
    [Fact]
    public void Sparse_is_never_taken_where_dense_was_measured_faster()
    {
        const int seed = 8;
        var random = new Random(seed);
        int sparse = 0, dense = 0;
        for (int trial = 0; trial < 20_000; trial++)
        {
            // Times around each other, over a few orders of magnitude, some of them equal.
            double Time() => Math.Round(Math.Exp(random.NextDouble() * 4), 1);
            int candidates = random.Next(1, 6);
            ScaleTimes[] scales = [.. Enumerable.Range(0, random.Next(1, 5))
                .Select(scale => new ScaleTimes(scale, Time(), Time(), [.. Enumerable.Range(0, candidates).Select(_ => Time())]))];

            Recommendation recommendation = Recommendation.From(scales);

            Assert.Equal(scales, recommendation.Scales.Select(scale => scale.Times));
            foreach (ScaleDecision scale in recommendation.Scales)
            {
                Assert.True(scale.Candidate is null || scale.Candidate == recommendation.Candidate, $"seed {seed}, trial {trial}: two candidates");
                Assert.True(scale.Milliseconds <= scale.Times.FastestDense, $"seed {seed}, trial {trial}: {scale} is slower than dense");
                if (scale.Candidate is { } chosen)
                    Assert.True(scale.Times.Candidates[chosen] < scale.Times.FastestDense, $"seed {seed}, trial {trial}: {scale}");
                _ = scale.Candidate is null ? dense++ : sparse++;
            }

            Assert.True(recommendation.SpeedUp >= 1 - 1e-12, $"seed {seed}, trial {trial}: speed-up {recommendation.SpeedUp}");
        }

        Assert.True(sparse > 1000 && dense > 1000, $"{sparse} sparse and {dense} dense: the times test nothing");
    }

    [Fact]
    public void Equal_times_and_noise_mean_dense()
    {
        Recommendation equal = Recommendation.From([new(9, TorchDense: 10, OurDense: 11, [10, 9.6])]);

        Assert.Null(equal.Candidate);
        Assert.Null(equal.Scales[0].Candidate);
        Assert.Equal(1, equal.SpeedUp);
    }

    [Fact]
    public void Sparse_must_beat_the_faster_of_both_dense_ones()
    {
        Recommendation recommendation = Recommendation.From([new(9, TorchDense: 100, OurDense: 10, [20])]);

        Assert.Null(recommendation.Candidate);
        Assert.Equal(10, recommendation.SpeedUp);
    }

    [Fact]
    public void A_time_that_is_no_number_means_dense() =>
        Assert.Null(Recommendation.From([new(9, 10, 10, [double.NaN])]).Candidate);

    [Fact]
    public void One_candidate_serves_the_scales_that_gain()
    {
        Recommendation recommendation = Recommendation.From(
        [
            new(10, TorchDense: 1, OurDense: 1, [2, 0.5]),
            new(11, TorchDense: 10, OurDense: 12, [4, 9]),
            new(12, TorchDense: 100, OurDense: 90, [10, 30]),
        ]);

        Assert.Equal(0, recommendation.Candidate);
        Assert.Equal([null, 0, 0], recommendation.Scales.Select(scale => scale.Candidate));
        Assert.Equal(111.0 / 15, recommendation.SpeedUp, 1e-12);
    }

    [Fact]
    public void Of_candidates_within_the_margin_the_first_is_taken() =>
        Assert.Equal(0, Recommendation.From([new(9, 100, 100, [10.4, 10])]).Candidate);
}
