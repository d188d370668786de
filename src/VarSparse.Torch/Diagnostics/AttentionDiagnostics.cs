using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using VarSparse.Torch.Policies.SelfSimilar;
using static TorchSharp.torch;

namespace VarSparse.Torch.Diagnostics;

/// <summary>
/// Looks at a generation's attention without changing it: how much lies on sinks, how much is local, how much a pattern keeps in sight, and
/// how far keys that matter at one scale matter at later ones. It measures on the CPU, complete scales only, at the cost of several times
/// dense attention. Put it first, so that it sees what the model asks for.
/// </summary>
public sealed class AttentionDiagnostics : IVarHook
{
    private readonly Action<AttentionMeasurement> _found;

    /// <summary>Creates the hook.</summary>
    /// <param name="found">Told each measurement as it comes: scale by scale, layer by layer, head by head.</param>
    public AttentionDiagnostics(Action<AttentionMeasurement> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        _found = found;
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "diagnostics";

    /// <summary>Where to measure; the last three scales by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(3);

    /// <summary>Which layers, by 0-based index; null for all.</summary>
    public Predicate<int>? Layers { get; init; }

    /// <summary>Rows and columns from a query's proportional place that count as local, at least 0.</summary>
    public int Radius { get; init; } = 3;

    /// <summary>How many of the first scales are sinks, and how picked keys go to later scales.</summary>
    public KeyMapOptions Options { get; init; } = new();

    /// <summary>Share of the keys that are picked at the first measured scale, above 0 and at most 1.</summary>
    public double Fraction { get; init; } = 0.2;

    /// <summary>The pattern of a scale whose recall is measured; null for <see cref="CrossScaleLocal"/> with its defaults.</summary>
    public Func<ScaleSchedule, int, SparsePattern>? Pattern { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The fraction, the radius or an option is out of range.</exception>
    public VarHookRun Begin(GenerationContext generation)
    {
        DecisionScale.CheckShare(Fraction, nameof(Fraction));
        ArgumentOutOfRangeException.ThrowIfNegative(Radius);
        Options.Check();
        return new Run(this);
    }

    private sealed class Run(AttentionDiagnostics hook) : VarHookRun
    {
        private readonly Dictionary<HeadGroup, FirstScale> _first = [];
        private readonly Dictionary<int, ScalePatterns> _patterns = [];
        private readonly DenseWithLogSumExp _dense = new();

        public override Tensor Attend(AttentionContext attention, AttentionStep next)
        {
            if (hook.Scales.Contains(attention.Scale, attention.Schedule.Count) && hook.Layers?.Invoke(attention.Layer) != false)
            {
                if (attention.Tokens.IsComplete)
                    Measure(attention);
                else
                    attention.Note($"layer {attention.Layer} not measured: tokens were left out");
            }

            return next(attention);
        }

        private void Measure(AttentionContext attention)
        {
            if (!_patterns.TryGetValue(attention.Scale, out ScalePatterns? patterns))
                _patterns[attention.Scale] = patterns = new ScalePatterns(attention.Schedule, attention.Scale, hook);
            (Tensor output, Tensor logSumExp) = _dense.Run(attention);
            using (output)
            using (logSumExp)
            {
                (int batch, int heads) = ((int)attention.Query.size(0), (int)attention.Query.size(1));
                float[] sums = HostColumnSums.Of(attention.Query, attention.Key, logSumExp, patterns.Tiles, attention.SoftmaxScale);
                double[] local = HostRecall.Of(attention.Query, attention.Key, logSumExp, patterns.Local, attention.SoftmaxScale);
                double[] recall = HostRecall.Of(attention.Query, attention.Key, logSumExp, patterns.Measured, attention.SoftmaxScale);
                var masses = new TileMasses(sums, batch, heads, patterns.Tiles);
                _first.TryGetValue(HeadGroup.Of(attention), out FirstScale? first);
                IndexMapping? mapping = first is null ? null : new IndexMapping(attention.Schedule, first.Scale, attention.Scale, hook.Options);
                SparsePattern? mapped = mapping?.Map(first!.Picked.FirstBatchEntries(batch));
                for (int head = 0; head < heads; head++)
                {
                    hook._found(new AttentionMeasurement(
                        attention.Scale,
                        attention.Layer,
                        attention.FirstHead + head,
                        masses.OnFirstKeys(head, patterns.SinkTokens),
                        Mean(local, batch, heads, head),
                        Mean(recall, batch, heads, head),
                        mapped is null ? null : masses.On(mapped, head),
                        mapping is null ? null : first!.Masses.Correlation(masses, mapping, head)));
                }

                if (first is null)
                {
                    int keep = DecisionScale.CountOf(hook.Fraction, attention.Tokens.KeyCount);
                    _first[HeadGroup.Of(attention)] = new FirstScale(attention.Scale, masses, DecisionScale.KeepHeaviest(sums, batch, heads, patterns.Tiles, keep));
                }
            }
        }

        private static double Mean(double[] ofMatrices, int batch, int heads, int head) =>
            Enumerable.Range(0, batch).Average(entry => ofMatrices[entry * heads + head]);
    }

    /// <summary>What later scales of a layer are compared with.</summary>
    private sealed record FirstScale(int Scale, TileMasses Masses, SparsePattern Picked);

    /// <summary>The patterns of a scale, for all layers.</summary>
    private sealed class ScalePatterns(ScaleSchedule schedule, int scale, AttentionDiagnostics hook)
    {
        public QueryTiles Tiles { get; } = hook.Options.TilesOf(schedule[scale]);

        public int SinkTokens { get; } = hook.Options.SinkScales == 0 ? 0 : schedule.TokensThrough(Math.Min(hook.Options.SinkScales - 1, scale));

        public SparsePattern Local { get; } = CrossScaleLocal.Create(
            schedule, scale, new CrossScaleLocalOptions { SinkScales = 0, Windows = [.. Enumerable.Repeat(2 * hook.Radius + 1, schedule.Count)] });

        public SparsePattern Measured { get; } = hook.Pattern?.Invoke(schedule, scale) ?? CrossScaleLocal.Create(schedule, scale);
    }
}
