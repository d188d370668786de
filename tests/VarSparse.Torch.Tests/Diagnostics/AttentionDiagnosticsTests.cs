using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Diagnostics;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Diagnostics;

public sealed class AttentionDiagnosticsTests : IDisposable
{
    private const double Tolerance = 1e-5;

    private static readonly ScaleSchedule Schedule = new(new(1, 1), new(2, 3), new(4, 6), new(7, 9));

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Shares_equal_those_of_the_full_matrix_and_outputs_stay_dense()
    {
        manual_seed(3);
        List<AttentionMeasurement> found = [];
        var options = new KeyMapOptions { SinkScales = 1, Tile = new TileShape(7, 9) };
        var hook = new AttentionDiagnostics(found.Add) { Scales = ScaleChoice.Last(2), Radius = 1, Options = options, Fraction = 0.5 };
        using VarGeneration generation = new VarAccelerator(hook).Begin(Schedule, 1, 2, guided: false);
        Tensor x = randn(1, 2, Schedule.TokenCount, 8), y = randn(1, 2, Schedule.TokenCount, 8);
        Tensor[] matrices = new Tensor[Schedule.Count];
        for (int scale = 0; scale < Schedule.Count; scale++)
        {
            generation.BeginScale(scale);
            Tensor q = x.narrow(2, Schedule.TokenOffset(scale), Schedule[scale].TokenCount), k = y.narrow(2, 0, Schedule.TokensThrough(scale));
            Bits.AssertEqual(nn.functional.scaled_dot_product_attention(q, k, k), generation.Attend(0, q, k, k));
            matrices[scale] = nn.functional.softmax(matmul(q.to(ScalarType.Float64), k.to(ScalarType.Float64).transpose(2, 3)) / Math.Sqrt(8), -1)[0];
        }

        Assert.Equal([(2, 0), (2, 1), (3, 0), (3, 1)], found.Select(one => (one.Scale, one.Head)));
        foreach (AttentionMeasurement one in found)
        {
            Tensor matrix = matrices[one.Scale][one.Head];
            Near(matrix.select(1, 0).mean().ToDouble(), one.SinkMass);
            var window = new CrossScaleLocalOptions { SinkScales = 0, Windows = [3, 3, 3, 3] };
            Near(Seen(matrix, CrossScaleLocal.Create(Schedule, one.Scale, window)), one.LocalMass);
            Near(Seen(matrix, CrossScaleLocal.Create(Schedule, one.Scale)), one.PatternRecall);
            Assert.Equal(one.Scale == 2, one.PickedRecall is null);
            Assert.Equal(one.Scale == 2, one.SelfSimilarity is null);
            if (one.Scale == 2)
                continue;

            // One tile a scale: keys picked by the sums of scale 2, and each moved a scale on.
            double[] first = matrices[2][one.Head].sum([0]).data<double>().ToArray(), last = matrix.sum([0]).data<double>().ToArray();
            int[] targets = [.. Enumerable.Range(0, first.Length).Select(key =>
            {
                (int scale, int row, int column) = Schedule.Position(key);
                GridSize from = Schedule[scale], to = Schedule[scale + 1];
                return Schedule.Token(new TokenPosition(scale + 1, row * to.Height / from.Height, column * to.Width / from.Width));
            })];
            IEnumerable<int> picked = Enumerable.Range(0, first.Length).OrderByDescending(key => first[key]).Take(16).Select(key => targets[key]);
            Near(picked.Append(0).Distinct().Sum(key => last[key]) / 63, one.PickedRecall!.Value);
            double[] moved = [.. targets.Select(key => last[key])];
            double x0 = first.Average(), y0 = moved.Average();
            double covariance = first.Zip(moved, (a, b) => (a - x0) * (b - y0)).Sum();
            Near(covariance / Math.Sqrt(first.Sum(a => (a - x0) * (a - x0)) * moved.Sum(b => (b - y0) * (b - y0))), one.SelfSimilarity!.Value, 1e-4);
        }
    }

    [Fact]
    public void Scales_with_left_out_tokens_are_not_measured_and_nothing_leaks()
    {
        List<AttentionMeasurement> found = [];
        var accelerator = new VarAccelerator(new AttentionDiagnostics(found.Add), new KeepHook((3, [0, 5])));
        TensorLeaks.AssertNone(() =>
        {
            using var scope = NewDisposeScope();
            using VarGeneration generation = accelerator.Begin(Schedule, 1, 1, guided: false);
            for (int scale = 0; scale < Schedule.Count; scale++)
            {
                ScaleStep step = generation.BeginScale(scale);
                Tensor x = randn(1, 1, step.TokenCount, 8);
                generation.AttendCached(0, x, x, x);
            }

            Assert.Contains(generation.Report.Hooks[0].Decisions, decision => decision.What.Contains("not measured", StringComparison.Ordinal));
        });
        Assert.Equal([1, 2], found.Select(one => one.Scale));
    }

    [Fact]
    public void Behind_a_hook_that_takes_some_heads_the_others_are_measured_under_their_own_numbers()
    {
        List<AttentionMeasurement> all = Measured(), others = Measured(new CrossScaleLocalAttention { Heads = (_, head) => head is 0 or 2 });

        Assert.Equal(all.Where(one => one.Head is 1 or 3), others);

        static List<AttentionMeasurement> Measured(params IVarHook[] before)
        {
            List<AttentionMeasurement> found = [];
            new AttentionRun(Schedule, layers: 2, heads: 4, seed: 7).Outputs([.. before, new AttentionDiagnostics(found.Add)], ownCache: true, out _);
            return [.. found.OrderBy(one => (one.Scale, one.Layer, one.Head))];
        }
    }

    private static double Seen(Tensor matrix, SparsePattern pattern)
    {
        bool[,] mask = pattern.ToDenseMask();
        return (matrix * tensor(mask).to(ScalarType.Float64)).sum().ToDouble() / pattern.QueryCount;
    }

    private static void Near(double expected, double actual, double tolerance = Tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{actual}, expected {expected}, seed 3");
}
