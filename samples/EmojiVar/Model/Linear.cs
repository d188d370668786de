using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>x W^T + b. Its weights come from a file, so it does not spend time on random ones as TorchSharp's own layer does.</summary>
internal sealed class Linear : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    public Linear(long inputs, long outputs, bool hasBias = true)
        : base(nameof(Linear))
    {
        weight = new Parameter(empty(outputs, inputs), requires_grad: false);
        if (hasBias)
            bias = new Parameter(empty(outputs), requires_grad: false);
        RegisterComponents();
    }

    public Tensor Weight => weight;

    public override Tensor forward(Tensor input) => Apply(input, weight, bias);

    /// <summary>
    /// Of two dimensions libtorch's function multiplies and adds the bias in one kernel; of three it adds the bias in a second one, over all of
    /// the result.
    /// </summary>
    /// <param name="input">[..., inputs].</param>
    /// <param name="weight">[outputs, inputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[..., outputs].</returns>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias)
    {
        if (bias is null || input.Dimensions == 2)
            return nn.functional.linear(input, weight, bias);
        using Tensor rows = input.reshape(-1, input.size(-1));
        using Tensor products = nn.functional.linear(rows, weight, bias);
        return products.view([.. input.shape[..^1], weight.size(0)]);
    }
}
