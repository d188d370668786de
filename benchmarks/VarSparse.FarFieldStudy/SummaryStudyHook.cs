using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>A variant at the last three scales, as the library's far-field policy; dense attention before them. Every token must have a key.</summary>
internal sealed class SummaryStudyHook(Variant variant) : IVarHook
{
    private static readonly ScaleChoice s_scales = ScaleChoice.Last(3);

    public string Name => variant.Name;

    public VarHookRun Begin(GenerationContext generation) => new Run(variant);

    private sealed class Run(Variant variant) : VarHookRun
    {
        private BlockPlan? _plan;
        private int _scaleOfPlan;

        public override Tensor Attend(AttentionContext attention, AttentionStep next)
        {
            if (!s_scales.Contains(attention.Scale, attention.Schedule.Count))
                return next(attention);
            if (_plan is null || _scaleOfPlan != attention.Scale)
            {
                _plan?.Dispose();
                _plan = new BlockPlan(attention.Schedule, attention.Scale, variant.Blocks, attention.Query.device);
                _scaleOfPlan = attention.Scale;
            }

            attention.Count(_plan.Density);
            var summarised = new SummarisedAttention(_plan, variant.Bias, variant.SummaryValues);
            return summarised.Attend(attention.Query, attention.Key, attention.Value, attention.SoftmaxScale);
        }

        protected override void Dispose(bool disposing)
        {
            _plan?.Dispose();
            base.Dispose(disposing);
        }
    }
}
