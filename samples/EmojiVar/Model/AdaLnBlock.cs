using TorchSharp;
using TorchSharp.Modules;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>A transformer block whose normalisation the class shifts and scales (AdaLN).</summary>
internal sealed class AdaLnBlock : nn.Module
{
    private readonly long _width;
    private readonly double _eps;

    private readonly SelfAttention attn;
    private readonly FeedForward ffn;
    private readonly Sequential? ada_lin;
    private readonly Parameter? ada_gss;

    public AdaLnBlock(int layer, VarConfig config)
        : base(nameof(AdaLnBlock))
    {
        _width = config.Width;
        _eps = config.NormEps;
        attn = new SelfAttention(layer, config);
        ffn = new FeedForward(config);
        if (config.SharedAdaLn)
            ada_gss = new Parameter(empty(1, 1, 6, config.Width), requires_grad: false);
        else
            ada_lin = ConditionLayer.Create(config.Width, 6 * config.Width);
        RegisterComponents();
    }

    /// <summary>Adds the block's two branches to x [B, L, C], in place.</summary>
    /// <param name="x">Residual stream, [B, L, C], updated.</param>
    /// <param name="prepared">What <see cref="Prepare"/> made of the classes.</param>
    /// <param name="core">Attends.</param>
    /// <param name="clock">Takes the times.</param>
    public void Forward(Tensor x, PreparedBlock prepared, IAttentionCore core, StageClock clock)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor normalised;
        using (clock.Measure(Stage.Qkv))
            normalised = prepared.AttentionNorm.Apply(x, _eps, attn.ComputeType);
        Tensor attended = attn.Forward(normalised, prepared.Projection, core, clock);
        using (clock.Measure(Stage.Projection))
            normalised = prepared.MlpNorm.AddAndApply(x, attended, prepared.AttentionGain, _eps, attn.ComputeType);
        using (clock.Measure(Stage.Mlp))
            AdaptiveLayerNorm.AddGated(x, ffn.forward(normalised), prepared.MlpGain);
    }

    /// <summary>What is the same at all scales.</summary>
    /// <param name="condition">Class embedding [B, C], or what the shared layer made of it [B, 1, 6, C].</param>
    public PreparedBlock Prepare(Tensor condition)
    {
        Tensor[] parts = (ada_lin is null ? ada_gss! + condition : ada_lin.forward(condition).view(-1, 1, 6, _width)).unbind(2);
        (Tensor gain1, Tensor gain2, Tensor scale1, Tensor scale2, Tensor shift1, Tensor shift2) =
            (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
        return new PreparedBlock(new Modulation(scale1 + 1, shift1), gain1, new Modulation(scale2 + 1, shift2), gain2, attn.Prepare());
    }

    /// <summary>Lets matrix products and attention compute in another type; the residual stream and the normalisation stay in float32.</summary>
    public void ComputeIn(ScalarType type)
    {
        attn.to(type);
        ffn.to(type);
    }
}
