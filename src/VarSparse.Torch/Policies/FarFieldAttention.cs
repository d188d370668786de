using System.Collections.Concurrent;
using VarSparse.Geometry;
using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies.SelfSimilar;
using static TorchSharp.torch;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Far-field attention at the last scales, dense attention before them: what is next to a query is seen token by token, everything else through
/// the summaries of <see cref="FarField"/>. Several attention policies with different scales, layers and heads
/// can be used together: each computes what it is set for and leaves the rest to the next.
/// </summary>
/// <remarks>
/// In the generation's own cache (<see cref="VarGeneration.AttendCached"/>) the summaries lie in front of the tokens: no key is copied, and
/// each scale of a layer is pooled once. Where a model brings its own cache, or another hook replaced the keys, all keys are copied and
/// pooled at every call. Tokens that were left out are counted out; a token that stands in for others (<see cref="PrunedKeys.ParentStandsIn"/>)
/// counts for them too in its block's bias, while the means weigh all members alike. A residual is added to
/// those heads that came to this policy at the scale before the first, too: no hook before may take them there.
/// </remarks>
public sealed class FarFieldAttention : IVarHook
{
    private readonly FarFieldOptions _options;

    /// <summary>Plans of complete scales. They are pure functions of their key, so it does not matter who builds one.</summary>
    private readonly ConcurrentDictionary<(ScaleSchedule Schedule, int Scale), FarFieldPlan> _plans = [];

    /// <summary>Creates the policy.</summary>
    /// <param name="options">Windows, blocks, sinks, tile and masking, or null for the defaults.</param>
    public FarFieldAttention(FarFieldOptions? options = null) => _options = options ?? new FarFieldOptions();

    /// <inheritdoc/>
    public string Name { get; init; } = "far";

    /// <summary>The query scales; the last three by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(3);

    /// <summary>Which layers, by 0-based index; null for all.</summary>
    public Predicate<int>? Layers { get; init; }

    /// <summary>Which heads of these layers, by 0-based layer and head; null for all. The others are left to the next.</summary>
    public HeadChoice? Heads { get; init; }

    /// <summary>
    /// True if what far-field attention misses at the scale before the first of <see cref="Scales"/> is added to the outputs of these, after
    /// bilinear interpolation to their grids (the residual cache of SparVAR, arXiv 2602.04361). There the attention that would have been
    /// computed anyway stays the output, and far-field attention is computed beside it. It holds, for each layer, as many numbers as the outputs
    /// at that scale, in their type.
    /// </summary>
    public bool ResidualCache { get; init; }

    /// <inheritdoc/>
    public VarHookRun Begin(GenerationContext generation)
    {
        int decision = DecisionScale(generation.Schedule.Count);

        // What does not fit the schedule shall be found out before the first scale, not at the last ones.
        for (int scale = 0; scale < generation.Schedule.Count; scale++)
        {
            if (scale == decision || Scales.Contains(scale, generation.Schedule.Count))
                generation.ReserveRowsBefore(PlanOf(generation.Schedule, scale).SummaryCount);
        }

        return new Run(this, generation, decision);
    }

    /// <summary>The scale that shows what far-field attention misses; -1 if there is none.</summary>
    private int DecisionScale(int scaleCount)
    {
        for (int scale = 0; scale < scaleCount && ResidualCache; scale++)
        {
            if (Scales.Contains(scale, scaleCount))
                return scale - 1;
        }

        return -1;
    }

    private FarFieldPlan PlanOf(ScaleSchedule schedule, int scale) => _plans.GetOrAdd(
        (schedule, scale), static (key, options) => FarField.Create(key.Schedule, key.Scale, options), _options);

    private FarFieldPlan PlanOf(ScaleTokens tokens) => tokens.IsComplete
        ? PlanOf(tokens.Schedule, tokens.Scale)
        : FarField.Create(tokens.Schedule, tokens.Scale, _options, tokens.QueryArray, tokens.KeyArray, tokens.KeyBiasArray);

    private sealed class Run(FarFieldAttention policy, GenerationContext generation, int decision) : VarHookRun
    {
        /// <summary>For each layer and head, how many scales have summaries in the cache.</summary>
        private readonly int[] _pooledScales = new int[generation.Layers * generation.Heads];

        /// <summary>Of each layer, those of groups of heads.</summary>
        private readonly List<OutputResidual>[] _residuals = [.. Enumerable.Range(0, generation.Layers).Select(_ => new List<OutputResidual>())];
        private ScaleTokens? _tokens;
        private FarFieldPlan? _plan;

        public override Tensor Attend(AttentionContext attention, AttentionStep next)
        {
            bool isChosen = policy.Scales.Contains(attention.Scale, attention.Schedule.Count);
            if ((!isChosen && attention.Scale != decision) || policy.Layers?.Invoke(attention.Layer) == false)
                return next(attention);
            return attention.SplitByHead(policy.Heads, isChosen ? WithResidual : chosen => Decide(chosen, next), next);
        }

        protected override void Dispose(bool disposing)
        {
            foreach (OutputResidual residual in _residuals.SelectMany(ofLayer => ofLayer))
                residual.Dispose();
            Array.ForEach(_residuals, ofLayer => ofLayer.Clear());
            base.Dispose(disposing);
        }

        private Tensor Decide(AttentionContext attention, AttentionStep next)
        {
            Tensor output = next(attention);
            using Tensor far = AttendFar(attention);
            _residuals[attention.Layer].Add(OutputResidual.Of(output, far, attention));
            return output;
        }

        private Tensor WithResidual(AttentionContext attention)
        {
            Tensor output = AttendFar(attention);
            foreach (OutputResidual residual in _residuals[attention.Layer])
                residual.AddTo(output, attention);
            return output;
        }

        private Tensor AttendFar(AttentionContext attention)
        {
            if (!ReferenceEquals(_tokens, attention.Tokens))
            {
                _tokens = attention.Tokens;
                _plan = policy.PlanOf(_tokens);
                attention.Note(_plan.ToString());
            }

            using KeyRows? rows = attention.WithRowsBefore(_plan!.SummaryCount);
            Tensor output = rows is null ? Copied(attention, _plan) : InCache(attention, _plan, rows);
            attention.Count(_plan.Density);
            return output;
        }

        private Tensor InCache(AttentionContext attention, FarFieldPlan plan, KeyRows rows)
        {
            Span<int> pooledScales = _pooledScales.AsSpan(attention.Layer * generation.Heads + attention.FirstHead, (int)attention.Key.size(1));
            int pooled = rows.AreKept ? Least(pooledScales) : 0;
            KeySummaries.PoolInto(attention.Key, attention.Value, plan, Math.Max(pooled, plan.FirstSummarisedScale), rows.Keys, rows.Values);
            pooledScales.Fill(plan.QueryScale + 1);
            return SparseAttention.Apply(attention.Query, rows.Keys, rows.Values, plan.Pattern, attention.SoftmaxScale);
        }

        private static int Least(ReadOnlySpan<int> numbers)
        {
            int least = numbers[0];
            foreach (int number in numbers)
                least = Math.Min(least, number);
            return least;
        }

        private static Tensor Copied(AttentionContext attention, FarFieldPlan plan)
        {
            (Tensor keys, Tensor values) = KeySummaries.Prepend(attention.Key, attention.Value, plan);
            using (keys)
            using (values)
                return SparseAttention.Apply(attention.Query, keys, values, plan.Pattern, attention.SoftmaxScale);
        }
    }
}
