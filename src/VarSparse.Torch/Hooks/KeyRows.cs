using static TorchSharp.torch;

namespace VarSparse.Torch.Hooks;

/// <summary>
/// The keys and values of a layer, of the heads of the call, with rows more in front of the tokens, for keys that are no tokens: views of the generation's own cache,
/// no copies. A hook writes these rows; the rows behind them belong to the model.
/// </summary>
public sealed class KeyRows : IDisposable
{
    internal KeyRows(Tensor keys, Tensor values, bool areKept)
    {
        Keys = keys;
        Values = values;
        AreKept = areKept;
    }

    /// <summary>The added rows and the keys, [B, H, rows + Lk, D].</summary>
    public Tensor Keys { get; }

    /// <summary>The added rows and the values, [B, H, rows + Lk, D].</summary>
    public Tensor Values { get; }

    /// <summary>
    /// True if the rows of all these heads hold what this hook wrote there at earlier scales, each at the same distance to the first token; false if nobody
    /// or another hook wrote them last.
    /// </summary>
    public bool AreKept { get; }

    /// <summary>Ends the views.</summary>
    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
    }
}
