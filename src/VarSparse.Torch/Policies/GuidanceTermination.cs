using TorchSharp;
using VarSparse.Scoring;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Drops the unconditional branch of classifier-free guidance for all later scales once its distance from the conditional branch has
/// converged (LD-Pruning, arXiv 2606.00310; see <see cref="GuidanceConvergence"/>). The batch halves from then on. A batch of several
/// images drops the branch when each of them has converged, at that scale or before. On a GPU the host waits for the distances, one number
/// an image: once at each scale that counts, after its logits, and once at the scale before the first of them.
/// </summary>
public sealed class GuidanceTermination : IVarHook
{
    /// <summary>Creates the policy.</summary>
    /// <param name="delta">Converged below this relative change from one scale to the next; above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">Delta is not above 0.</exception>
    public GuidanceTermination(double delta = 0.15)
    {
        GuidanceConvergence.CheckDelta(delta, nameof(delta));
        Delta = delta;
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "cfg";

    /// <summary>Converged below this relative change.</summary>
    public double Delta { get; }

    /// <summary>The scales at which convergence counts; the last four by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(4);

    /// <inheritdoc/>
    public VarHookRun Begin(GenerationContext generation) => new Run(this);

    private sealed class Run(GuidanceTermination policy) : VarHookRun
    {
        private GuidanceConvergence[]? _images;

        public override void ObserveLogits(LogitsContext logits)
        {
            // After the last scale there is nothing to drop, and before the one before the first that counts nothing to compare.
            bool counts = policy.Scales.Contains(logits.Scale, logits.Schedule.Count);
            bool serves = counts || policy.Scales.Contains(logits.Scale + 1, logits.Schedule.Count);
            if (logits.Unconditional is null || !serves || logits.Scale == logits.Schedule.Count - 1)
                return;
            if (logits.Conditional.device_type != DeviceType.CPU)
                logits.CountHostRead();
            double[] distances = BranchDistances.Of(logits.Conditional, logits.Unconditional);
            _images ??= [.. distances.Select(_ => new GuidanceConvergence(policy.Delta))];
            bool all = true;
            for (int image = 0; image < distances.Length; image++)
                all &= _images[image].Observe(distances[image], counts);
            if (counts)
                logits.Note(FormattableString.Invariant($"largest relative change {_images.Max(image => image.Change) ?? double.NaN:0.000}, {_images.Count(image => image.HasConverged)} of {_images.Length} images converged"));
            if (all)
                logits.DropUnconditional();
        }
    }
}
