using System.Collections.Concurrent;
using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies.SelfSimilar;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Cross-scale self-similar sparse attention (SparVAR, arXiv 2602.04361, "CS4A"): attention is dense at a decision scale, where each head's
/// tiles of queries pick the keys that get the most attention; later scales attend to those keys, mapped to them. What the picked keys
/// miss at the decision scale can be kept and added to later outputs, the residual cache. Before the decision scale nothing changes.
/// </summary>
/// <remarks>
/// Where tokens were left out, the picks refer to complete scales: the decision is made over the tokens that are there, and later
/// patterns are restricted to those. A tile without tokens at the decision scale picks by the attention of all tokens. When the
/// unconditional branch is dropped, the conditional half goes on. On CUDA tensors decision and mapping stay on the device, with no wait
/// for it, as long as no tokens are left out. Keys are picked for the heads that come at the decision scale: where a hook before this one
/// takes some of them at later scales only, the rest goes to the next, and the report says so. Set <see cref="Heads"/> then.
/// </remarks>
public sealed class ScaleSelfSimilarAttention : IVarHook
{
    private readonly KeyMapOptions _options;

    /// <summary>Mappings between scales. They are pure functions of their key, so it does not matter who builds one.</summary>
    private readonly ConcurrentDictionary<(ScaleSchedule Schedule, int Decision, int Scale), IndexMapping> _mappings = [];

    private readonly DeviceMapsPool _deviceMaps;

    /// <summary>Creates the policy.</summary>
    /// <param name="options">Alignment, sinks, local band and tiles, or null for the paper's on 2-D tiles.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ScaleSelfSimilarAttention(KeyMapOptions? options = null)
    {
        _options = options ?? new KeyMapOptions();
        _options.Check();
        _deviceMaps = new DeviceMapsPool(_options);
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "cs4a";

    /// <summary>0-based scale at which keys are picked; null for the third-last of the schedule. A schedule without that scale stays dense.</summary>
    public int? DecisionScale { get; init; }

    /// <summary>Share of the keys that are picked for each head and tile, above 0 and at most 1, unless <see cref="Coverage"/> is set.</summary>
    public double Fraction { get; init; } = 0.2;

    /// <summary>The number of keys is the nearest multiple of this, 112 in the paper; at least 1.</summary>
    public int CountMultiple { get; init; } = 1;

    /// <summary>Instead of a fixed number: as few keys as hold this share of the attention of a head and tile; null for the fixed number.</summary>
    public double? Coverage { get; init; }

    /// <summary>True if what sparse attention misses at the decision scale is added to the outputs of later scales.</summary>
    public bool ResidualCache { get; init; } = true;

    /// <summary>Which layers, by 0-based index; null for all.</summary>
    public Predicate<int>? Layers { get; init; }

    /// <summary>Which heads of these layers, by 0-based layer and head; null for all. The others are left to the next.</summary>
    public HeadChoice? Heads { get; init; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A share, a multiple or the decision scale is out of range.</exception>
    public VarHookRun Begin(GenerationContext generation)
    {
        Patterns.DecisionScale.CheckShare(Fraction, nameof(Fraction));
        if (Coverage is { } coverage)
            Patterns.DecisionScale.CheckShare(coverage, nameof(Coverage));
        Require.AtLeastOne(CountMultiple);
        if (DecisionScale < 0)
            throw new ArgumentException($"DecisionScale: got {DecisionScale}, expected at least 0, or null for the third-last.", nameof(generation));
        int decision = DecisionScale ?? generation.Schedule.Count - 3;
        if (decision >= 0 && decision < generation.Schedule.Count)
            MappingOf(generation.Schedule, decision, generation.Schedule.Count - 1);
        return new Run(this, decision);
    }

    private IndexMapping MappingOf(ScaleSchedule schedule, int decision, int scale) => _mappings.GetOrAdd(
        (schedule, decision, scale), static (key, options) => new IndexMapping(key.Schedule, key.Decision, key.Scale, options), _options);

    private KeyChoice Choice => new(Fraction, CountMultiple, Coverage);

    private sealed class Run(ScaleSelfSimilarAttention policy, int decision) : VarHookRun
    {
        private readonly Dictionary<HeadGroup, IKeyDecision> _keys = [];
        private readonly Dictionary<HeadGroup, OutputResidual> _residuals = [];
        private readonly DenseWithLogSumExp _dense = new();
        private DeviceMaps? _deviceMaps;
        private ScaleTokens? _noted;

        public override Tensor Attend(AttentionContext attention, AttentionStep next)
        {
            if (decision < 0 || attention.Scale < decision || policy.Layers?.Invoke(attention.Layer) == false)
                return next(attention);
            return attention.SplitByHead(policy.Heads, chosen => chosen.Scale == decision ? Decide(chosen) : Reuse(chosen, next), next);
        }

        protected override void Dispose(bool disposing)
        {
            foreach (IKeyDecision keys in _keys.Values)
                keys.Dispose();
            foreach (OutputResidual residual in _residuals.Values)
                residual.Dispose();
            _keys.Clear();
            _residuals.Clear();
            if (_deviceMaps is not null)
                policy._deviceMaps.Return(_deviceMaps);
            _deviceMaps = null;
            base.Dispose(disposing);
        }

        private Tensor Decide(AttentionContext attention)
        {
            (Tensor output, Tensor logSumExp) = _dense.Run(attention);
            attention.Count(1);
            using (logSumExp)
            {
                IKeyDecision keys = attention.Query.device_type == DeviceType.CUDA && attention.Tokens.IsComplete
                    ? new DeviceKeyDecision(_deviceMaps ??= policy._deviceMaps.Take(attention), attention, logSumExp, policy.Choice)
                    : new HostKeyDecision(policy._options, attention, logSumExp, policy.Choice, scale => policy.MappingOf(attention.Schedule, decision, scale));
                _keys.Add(HeadGroup.Of(attention), keys);
                if (policy.ResidualCache)
                {
                    using Tensor sparse = keys.AttendPicked(attention);
                    _residuals.Add(HeadGroup.Of(attention), OutputResidual.Of(output, sparse, attention));
                }

                Note(attention, $"keys picked: {keys}");
            }

            return output;
        }

        private Tensor Reuse(AttentionContext attention, AttentionStep next)
        {
            var group = HeadGroup.Of(attention);
            if (!_keys.TryGetValue(group, out IKeyDecision? keys))
            {
                Note(attention, "no keys were picked for the heads of this call");
                return next(attention);
            }

            Tensor output = keys.Attend(attention);
            if (_residuals.TryGetValue(group, out OutputResidual? residual))
                residual.AddTo(output, attention);
            Note(attention, keys.ToString()!);
            return output;
        }

        /// <summary>One note a scale, of the first layer.</summary>
        private void Note(AttentionContext attention, string text)
        {
            if (ReferenceEquals(_noted, attention.Tokens))
                return;
            _noted = attention.Tokens;
            attention.Note($"layer {attention.Layer}: {text}");
        }
    }
}
