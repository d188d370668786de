using TorchSharp;
using VarSparse.FarFieldStudy;
using VarSparse.Geometry;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

namespace VarSparse.Samples.Tests.FarFieldStudy;

[Collection(TorchRandom.Name)]
public sealed class SummaryStudyTests : IDisposable
{
    private const int Rows = 2;
    private const int Heads = 3;
    private const int Dimension = 16;
    private const double SoftmaxScale = 0.3;

    /// <summary>Grids that are no multiples of blocks, one of them with blocks of 4, and three scales that are cut but have no window.</summary>
    private static readonly ScaleSchedule s_rectangles = new(
        new(1, 1), new(1, 2), new(2, 2), new(2, 3), new(3, 3), new(4, 5), new(6, 5), new(7, 9), new(9, 11), new(13, 12), new(14, 17), new(19, 18), new(23, 25));

    private static readonly ScaleSchedule s_squares = ScaleSchedule.FromSides(1, 2, 3, 4, 5, 6, 8, 12, 24);

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string> Gradings => ["first", "coarse", "graded-0", "graded-0-2", "graded-1-1", "graded-1-3"];

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData("first", 1)]
    [InlineData("first", 2)]
    [InlineData("graded-0-2", 1, 0, 2)]
    [InlineData("graded-1", 2, 1)]
    public void First_order_is_the_librarys_policy(string variant, int seed, params int[] coarserBeyond)
    {
        foreach (ScaleSchedule schedule in (ScaleSchedule[])[s_rectangles, s_squares])
        {
            (Tensor expected, double work) = LastScale(schedule, seed, new FarFieldAttention(new()
            {
                Windows = BlockPlan.Windows(schedule),
                BlockSides = [.. schedule.Select(grid => BlockSizes.Default.Sides(grid)[0])],
                CoarserBeyond = coarserBeyond,
            }));
            (Tensor actual, double ownWork) = LastScale(schedule, seed, Hook(variant));

            Assert.InRange(Difference(expected, actual), 0, 2e-5);
            Assert.Equal(work, ownWork, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Gradings))]
    public void Exact_mass_and_exact_values_are_dense_attention_with_any_blocks(string blocks)
    {
        foreach (ScaleSchedule schedule in (ScaleSchedule[])[s_rectangles, s_squares])
        {
            (Tensor expected, _) = LastScale(schedule, seed: 3);
            (Tensor actual, double work) = LastScale(schedule, seed: 3, Hook(blocks == "first" ? "mass+exact-values" : $"{blocks}+mass+exact-values"));

            Assert.InRange(Difference(expected, actual), 0, 2e-5);
            Assert.InRange(work, 0.01, 0.99);
        }
    }

    /// <summary>With small logits each order leaves an error that is that much smaller.</summary>
    [Fact]
    public void Each_order_is_nearer_to_dense_attention()
    {
        (Tensor dense, _) = LastScale(s_rectangles, seed: 4, queryFactor: 0.05);
        double Error(string variant) => Difference(dense, LastScale(s_rectangles, seed: 4, queryFactor: 0.05, Hook(variant)).Output);

        double first = Error("first"), second = Error("second+values");
        Assert.InRange(second, 0, first / 10);
        Assert.Equal(second, Error("two-point+values"), second / 2);
        Assert.Equal(second, Error("mass+values"), second / 2);
    }

    [Fact]
    public void Larger_blocks_further_away_are_less_work_and_wider_reaches_more()
    {
        double Work(string variant) => LastScale(s_squares, seed: 5, Hook(variant)).Work;

        double[] work = [Work("graded-0-0"), Work("graded-0"), Work("graded-1"), Work("graded-2"), Work("first")];
        Assert.Equal(work.Order(), work);
        Assert.Equal(work.Length, work.Distinct().Count());
        Assert.Equal(Work("first"), Work("graded-99-99"));
    }

    [Fact]
    public void Runs_leave_no_tensors()
    {
        LastScale(s_squares, seed: 6, Hook("graded-1-3+second+values"));
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
            LastScale(s_squares, seed: 6, Hook("graded-1-3+second+values"));
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static SummaryStudyHook Hook(string variant) => new(Variant.Parse(variant));

    private static double Difference(Tensor left, Tensor right) => (left - right).abs().max().item<float>();

    private static (Tensor Output, double Work) LastScale(ScaleSchedule schedule, int seed, params IVarHook[] hooks) =>
        LastScale(schedule, seed, queryFactor: 1, hooks);

    /// <summary>The last scale's attention, and the share of dense attention's pairs over the whole generation of random queries and keys.</summary>
    private static (Tensor Output, double Work) LastScale(ScaleSchedule schedule, int seed, double queryFactor, params IVarHook[] hooks)
    {
        manual_seed(seed);
        using VarGeneration generation = new VarAccelerator(hooks).Begin(schedule, layers: 1, Heads, guided: false);
        Tensor? output = null;
        for (int scale = 0; scale < schedule.Count; scale++)
        {
            int tokens = generation.BeginScale(scale).TokenCount;
            Tensor Random() => randn(Rows, tokens, Heads, Dimension).transpose(1, 2);
            output = generation.AttendCached(0, Random() * queryFactor, Random(), Random(), SoftmaxScale);
        }

        VarReport report = generation.Report;
        Assert.All(report.Hooks, hook => Assert.True(hook.Fired));
        return (output!, report.AttentionWork);
    }
}
