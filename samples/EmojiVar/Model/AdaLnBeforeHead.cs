using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>The last normalisation, shifted and scaled by the class.</summary>
internal sealed class AdaLnBeforeHead : nn.Module
{
    private readonly long _width;
    private readonly double _eps;

    private readonly Sequential ada_lin;

    public AdaLnBeforeHead(VarConfig config)
        : base(nameof(AdaLnBeforeHead))
    {
        _width = config.Width;
        _eps = config.NormEps;
        ada_lin = ConditionLayer.Create(config.Width, 2 * config.Width);
        RegisterComponents();
    }

    /// <param name="embedding">Class embedding, [B, C].</param>
    public Modulation Prepare(Tensor embedding)
    {
        Tensor[] parts = ada_lin.forward(embedding).view(-1, 1, 2, _width).unbind(2);
        return new Modulation(parts[0] + 1, parts[1]);
    }

    /// <summary>The normalised x, [B, L, C].</summary>
    public Tensor Forward(Tensor x, Modulation prepared) => prepared.Apply(x, _eps);
}
