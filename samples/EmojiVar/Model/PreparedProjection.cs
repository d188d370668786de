using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>The constants of a block's projection to queries, keys and values.</summary>
/// <param name="Bias">Of the three in one, [3C].</param>
/// <param name="Lengths">
/// What normalised queries and keys are multiplied by, float32 [1, 1, 2, H, 1]: the learnt scale for queries, 1 for keys. Null where
/// they are not normalised.
/// </param>
internal sealed record PreparedProjection(Tensor Bias, Tensor? Lengths);
