using TorchSharp;
using VarSparse.Scoring;
using VarSparse.Torch.Hooks;

namespace VarSparse.Torch.Policies;

/// <summary>
/// Leaves out tokens where the residual of the scale before shows no detail: those that are not among the fewest that hold a share rho of its
/// high-frequency energy (LD-Pruning, arXiv 2606.00310; see <see cref="HighFrequencyEnergy"/> and <see cref="RefinementMask"/>).
/// </summary>
/// <remarks>
/// <para>
/// Left-out tokens never enter the transformer; their residual is the nearest-upsampled one of the scale before. In a batch of several
/// images the tokens that any image needs are computed for all.
/// </para>
/// <para>
/// What later queries find in place of their keys, the paper does not say. By default there is nothing: the cache is smaller, later
/// attention cheaper. The other mode, <see cref="Hooks.PrunedKeys.ParentStandsIn"/>, lets the parent of a left-out token count once more.
/// </para>
/// <para>
/// On a GPU the selection runs there. How many tokens it keeps decides the sizes of what follows, so the host waits for it: once a scale,
/// before the scale begins.
/// </para>
/// </remarks>
public sealed class LatentDiscrepancyPruning : IVarHook
{
    /// <summary>Creates the policy.</summary>
    /// <param name="rho">Share of the energy to keep, above 0 and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Rho is out of range.</exception>
    public LatentDiscrepancyPruning(double rho = 0.5)
    {
        RefinementMask.CheckRho(rho, nameof(rho));
        Rho = rho;
    }

    /// <inheritdoc/>
    public string Name { get; init; } = "ld";

    /// <summary>Share of the energy to keep.</summary>
    public double Rho { get; }

    /// <summary>The scales whose tokens are selected; the last three by default.</summary>
    public ScaleChoice Scales { get; init; } = ScaleChoice.Last(3);

    /// <summary>What later queries find in place of left-out keys; nothing by default.</summary>
    public PrunedKeys PrunedKeys { get; init; }

    /// <inheritdoc/>
    public VarHookRun Begin(GenerationContext generation) => new Run(this);

    private sealed class Run(LatentDiscrepancyPruning policy) : VarHookRun
    {
        public override void SelectTokens(TokenSelectionContext scale)
        {
            if (scale.Scale == 0 || !policy.Scales.Contains(scale.Scale, scale.Schedule.Count))
                return;
            if (scale.PreviousResidual is not { } residual)
            {
                scale.Note($"kept all tokens: the model gave no residual of scale {scale.Scale - 1}");
                return;
            }

            if (residual.device_type != DeviceType.CPU)
                scale.CountHostRead();
            scale.Keep(RefinementTokens.Select(residual, scale.Grid, policy.Rho), policy.PrunedKeys);
        }
    }
}
