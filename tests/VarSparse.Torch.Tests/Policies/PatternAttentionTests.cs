using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

namespace VarSparse.Torch.Tests.Policies;

public sealed class PatternAttentionTests : IDisposable
{
    private static readonly ScaleSchedule Schedule = new([new(1, 1), new(2, 3), new(4, 5), new(7, 9)]);

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Attends_over_the_given_pattern_at_its_scales_and_layers()
    {
        static SparsePattern Blocks(ScaleSchedule schedule, int scale) =>
            BlockMask.FromPattern(CrossScaleLocal.Create(schedule, scale, new() { SinkScales = 1, Windows = [1, 1, 1, 3] }), 5, 7).ToPattern();
        int made = 0;
        var policy = new PatternAttention((schedule, scale) =>
        {
            made++;
            return Blocks(schedule, scale);
        })
        { Name = "blocks", Scales = ScaleChoice.Last(1), Layers = layer => layer == 1 };
        using VarGeneration generation = new VarAccelerator(policy).Begin(Schedule, layers: 2, heads: 1, guided: false);
        Tensor x = randn(1, 1, Schedule.TokenCount, 8);
        Tensor[] outputs = new Tensor[2];
        for (int scale = 0; scale < Schedule.Count; scale++)
        {
            generation.BeginScale(scale);
            Tensor keys = x.narrow(2, 0, Schedule.TokensThrough(scale)), q = keys.narrow(2, Schedule.TokenOffset(scale), Schedule[scale].TokenCount);
            for (int layer = 0; layer < 2; layer++)
                outputs[layer] = generation.Attend(layer, q, keys, keys);
        }

        Assert.Equal(["dense", "dense blocks"], generation.Report.Scales.Select(scale => string.Join(' ', scale.Attention.Select(count => count.Kind))).Distinct());
        Bits.AssertEqual(SparseAttention.Apply(x.narrow(2, Schedule.TokenOffset(3), 63), x, x, Blocks(Schedule, 3)), outputs[1]);
        new VarAccelerator(policy).Begin(Schedule, layers: 2, heads: 1, guided: false).Dispose();
        Assert.Equal(1, made);
    }

    [Fact]
    public void Patterns_that_do_not_fit_are_found_out_at_the_beginning()
    {
        var accelerator = new VarAccelerator(new PatternAttention((schedule, scale) => CrossScaleLocal.Create(schedule, scale - 1)));
        ArgumentException error = Assert.Throws<ArgumentException>(() => accelerator.Begin(Schedule, 1, 1, guided: false));
        Assert.StartsWith("pattern: got 1 queries x 1 keys for scale 1, expected 6 queries x 7 keys", error.Message, StringComparison.Ordinal);
        accelerator = new VarAccelerator(new PatternAttention((_, _) => null!));
        error = Assert.Throws<ArgumentException>(() => accelerator.Begin(Schedule, 1, 1, guided: false));
        Assert.StartsWith("pattern: got null for scale 1", error.Message, StringComparison.Ordinal);
    }
}
