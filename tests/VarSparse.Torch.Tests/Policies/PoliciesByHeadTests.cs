using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Hooks.Reports;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Tests.Hooks;
using VarSparse.Torch.Tests.Hooks.TinyModel;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

/// <summary>Several policies in one accelerator, each on heads of its own.</summary>
public sealed class PoliciesByHeadTests : IDisposable
{
    private static readonly ScaleSchedule Schedule = new(new(1, 1), new(2, 3), new(4, 5), new(6, 7), new(8, 9));
    private static readonly KeyMapOptions SelfSimilar = new() { SinkScales = 1, Tile = new TileShape(2, 3) };
    private static readonly CrossScaleLocalOptions Local = new() { SinkScales = 1, Windows = [-1, 1, 1, 3, 3], Tile = new TileShape(4, 4) };
    private static readonly FarFieldOptions Fine = new() { SinkScales = 1, Windows = [-1, -1, -1, 1, 3], BlockSides = [1, 2, 2, 3, 3], Tile = new TileShape(4, 4) };
    private static readonly FarFieldOptions Coarse = Fine with { BlockSides = [1, 3, 3, 4, 5], ExactMask = false };

    /// <summary>Each policy for a choice of heads; the last leaves attention dense.</summary>
    private static readonly Func<HeadChoice?, IVarHook>[] Kinds =
    [
        heads => new ScaleSelfSimilarAttention(SelfSimilar) { Heads = heads },
        heads => new CrossScaleLocalAttention(Local) { Heads = heads },
        heads => new FarFieldAttention(Fine) { Name = "fine", Heads = heads },
        heads => new FarFieldAttention(Coarse) { Name = "coarse", Heads = heads, Scales = ScaleChoice.Of(2, 4), ResidualCache = true },
        heads => new PatternAttention(ListsOfHeads) { Heads = heads },
        _ => new KeepHook(),
    ];

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(false, false, ScalarType.Float32)]
    [InlineData(true, false, ScalarType.Float32)]
    [InlineData(false, true, ScalarType.Float32)]
    [InlineData(true, true, ScalarType.BFloat16)]
    public void Each_head_gets_what_its_policy_gives_alone(bool prunes, bool stopsGuidance, ScalarType dtype)
    {
        for (int seed = 0; seed < 4; seed++)
        {
            var random = new Random(seed);
            var run = new AttentionRun(Schedule, layers: 2, PatternHeads, seed) { DType = dtype, TokensFirst = seed % 3 == 0 };
            List<IVarHook> others = [];
            if (prunes)
                others.Add(new KeepHook((2, [1, 2, 9, 17]), (3, [0, 8, 22, 40]), (4, [.. Enumerable.Range(0, 72).Where(token => token % 5 < 2)])) { PrunedKeys = (PrunedKeys)(seed % 2) });
            if (stopsGuidance)
                others.Add(new DropHook(atScale: 2 + seed % 2));
            int[,] kinds = new int[run.Layers, run.Heads];
            foreach (int layer in Enumerable.Range(0, run.Layers))
            {
                foreach (int head in Enumerable.Range(0, run.Heads))
                    kinds[layer, head] = random.Next(Kinds.Length);
            }

            Tensor[][] alone = [.. Kinds.Select(kind => run.Outputs([kind(null), .. others], ownCache: true, out _))];
            foreach (bool ownCache in (bool[])[true, false])
            {
                Tensor[] mixed = run.Outputs(
                    [.. Kinds.Select((kind, index) => kind((layer, head) => kinds[layer, head] == index)), .. others], ownCache, out VarReport report);
                for (int call = 0; call < mixed.Length; call++)
                {
                    for (int head = 0; head < run.Heads; head++)
                    {
                        int kind = kinds[call % run.Layers, head];
                        Bits.AssertEqual(
                            alone[kind][call].narrow(1, head, 1),
                            mixed[call].narrow(1, head, 1),
                            $"seed {seed}, own cache {ownCache}, scale {call / run.Layers}, layer {call % run.Layers}, head {head} of kind {kind}");
                    }
                }

                Assert.InRange(report.AttentionWork, 0.001, 1);
            }
        }
    }

    [Fact]
    public void Work_is_the_mean_over_heads()
    {
        var run = new AttentionRun(Schedule, layers: 2, heads: 5, seed: 1);
        double local = Work(Kinds[1](null)), far = Work(Kinds[2](null));

        double mixed = Work(Kinds[1]((layer, head) => layer == 0 && head != 2), Kinds[2]((layer, head) => layer == 1 && head > 2));

        Assert.Equal((4 * local + 2 * far + 4) / 10, mixed, 12);

        double Work(params IVarHook[] hooks)
        {
            run.Outputs(hooks, ownCache: true, out VarReport report);
            return report.AttentionWork;
        }
    }

    [Fact]
    public void Notes_and_counts_stand_under_each_policys_name()
    {
        var run = new AttentionRun(Schedule, layers: 1, heads: 4, seed: 2);
        run.Outputs([Kinds[1]((_, head) => head is 1 or 3), Kinds[2]((_, head) => head == 2)], ownCache: true, out VarReport report);

        Assert.All(report.Scales.Take(2), scale => Assert.Equal(["dense x1"], scale.Attention.Select(count => $"{count.Kind} x{count.Calls}")));
        Assert.All(report.Scales.Skip(2), scale => Assert.Equal(["csla x2", "dense x1", "fine x1"], scale.Attention.Select(count => $"{count.Kind} x{count.Calls}").Order()));
        Assert.All(report.Scales, scale => Assert.Equal(scale.DensePairs, scale.Attention.Sum(count => count.AllPairs), 6));
        Assert.All(report.Hooks, hook => Assert.Equal([2, 3, 4], hook.Decisions.Select(decision => decision.Scale)));
    }

    [Fact]
    public void Summaries_stay_right_where_another_policy_takes_heads_at_some_scales_only()
    {
        var run = new AttentionRun(Schedule, layers: 2, heads: 6, seed: 3);
        IVarHook[] hooks =
        [
            new CrossScaleLocalAttention(Local) { Scales = ScaleChoice.Of(3), Heads = (layer, head) => head % 3 == layer },
            new FarFieldAttention(Coarse) { Scales = ScaleChoice.Of(4), Heads = (_, head) => head is 1 or 2 },
            new FarFieldAttention(Fine) { ResidualCache = true },
        ];

        Tensor[] cached = run.Outputs(hooks, ownCache: true, out _);

        foreach ((Tensor expected, Tensor actual) in run.Outputs(hooks, ownCache: false, out _).Zip(cached))
            Bits.AssertEqual(expected, actual);

        // The residual belongs to heads, however they are grouped.
        Tensor[] alone = run.Outputs([hooks[^1]], ownCache: true, out _);
        foreach (int head in (int[])[0, 3, 4, 5])
            Bits.AssertEqual(alone[^1].select(1, head), cached[^1].select(1, head), $"head {head}");
    }

    [Fact]
    public void Heads_without_picked_keys_go_to_the_next_and_the_report_says_so()
    {
        var run = new AttentionRun(Schedule, layers: 1, heads: 3, seed: 4);
        var local = new CrossScaleLocalAttention(Local) { Scales = ScaleChoice.Last(1), Heads = (_, head) => head == 0 };
        Tensor[] mixed = run.Outputs([local, new ScaleSelfSimilarAttention(SelfSimilar)], ownCache: true, out VarReport report);
        Tensor[] dense = run.Outputs([], ownCache: true, out _);

        Bits.AssertEqual(dense[4].narrow(1, 1, 2), mixed[4].narrow(1, 1, 2));
        Assert.Equal("layer 0: no keys were picked for the heads of this call", report.Hooks[1].Decisions[^1].What);
    }

    [Fact]
    public void A_model_runs_it_changed_or_wrapped_and_nothing_leaks()
    {
        VarAccelerator accelerator = new(
            [.. SparVar.ByHead((layer, head) => (layer + head) % 2 == 0), new LatentDiscrepancyPruning(rho: 0.5), new GuidanceTermination(delta: 10)]);
        using var model = new TinyVar(seed: 1);
        var hooked = new HookedTinyVar(model, accelerator);
        Tensor changed = hooked.Generate([1, 2], cfg: 2);
        TensorLeaks.AssertNone(() => hooked.Generate([1, 2], cfg: 2).Dispose());
        Assert.All(hooked.Report!.Hooks, hook => Assert.True(hook.Fired, hook.ToString()));
        Assert.Equal(["csla", "cs4a"], hooked.Report.Scales[^1].Attention.Select(count => count.Kind).OrderDescending());

        var wrapped = new WrappedTinyVar(model);
        Assert.True(allclose(changed, wrapped.Generate([1, 2], cfg: 2, accelerator), 1e-4, 1e-5));
        Assert.Equal(hooked.Report.AttentionWork, wrapped.Report!.AttentionWork, 12);
    }

    [Fact]
    public void Nothing_leaks_when_a_step_fails()
    {
        var failing = new AttendHook("failing", (attention, next) =>
            attention.SplitByHead((_, head) => head == 1, _ => throw new InvalidOperationException("no attention"), next));
        var shapeless = new AttendHook("shapeless", (attention, next) => attention.SplitByHead((_, head) => head == 1, _ => ones(1), next));
        TensorLeaks.AssertNone(() =>
        {
            using var scope = NewDisposeScope();
            Assert.Equal("no attention", Assert.Throws<InvalidOperationException>(() => Run(failing)).Message);
            Assert.Equal(
                "shapeless: Attend returned [1], expected [2, 1, 1, 8] as the query is.", Assert.Throws<InvalidOperationException>(() => Run(shapeless)).Message);
        });

        static void Run(IVarHook hook) => new AttentionRun(Schedule, layers: 1, heads: 3, seed: 5).Outputs([hook], ownCache: true, out _);
    }

    [Fact]
    public void Steps_are_needed_and_lists_for_all_heads_of_the_layer()
    {
        var noStep = new AttendHook("none", (attention, next) => attention.SplitByHead(heads: null, chosen: null!, next));
        Assert.Throws<ArgumentNullException>("chosen", () => new AttentionRun(Schedule, 1, 2, seed: 6).Outputs([noStep], ownCache: true, out _));
        Assert.Throws<ArgumentNullException>("selfSimilar", () => SparVar.ByHead(null!));

        var accelerator = new VarAccelerator(new PatternAttention(ListsOfHeads));
        ArgumentException error = Assert.Throws<ArgumentException>(() => accelerator.Begin(Schedule, 1, PatternHeads + 1, guided: false));
        Assert.StartsWith("pattern: got lists for 5 heads at scale 2, expected 6, or 1 for all.", error.Message, StringComparison.Ordinal);
    }

    private const int PatternHeads = 5;

    /// <summary>Every head sees other keys.</summary>
    private static SparsePattern ListsOfHeads(ScaleSchedule schedule, int scale)
    {
        int keys = schedule.TokensThrough(scale);
        QueryTiles tiles = QueryTiles.Raster(schedule[scale].TokenCount, 16);
        return SparsePattern.FromKeyLists(tiles, keys, [.. Enumerable.Range(0, PatternHeads).Select(head =>
            Enumerable.Range(0, tiles.TileCount).Select(tile => Enumerable.Range(0, keys).Where(key => key == 0 || key % (head + 2) == tile % 2).ToArray()).ToArray())]);
    }
}
