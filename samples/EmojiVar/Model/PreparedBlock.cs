using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>What a block does not compute anew at every scale.</summary>
/// <param name="AttentionNorm">Of the normalisation before attention.</param>
/// <param name="AttentionGain">Factor on what attention adds, [B, 1, C].</param>
/// <param name="MlpNorm">Of the normalisation before the feed-forward layers.</param>
/// <param name="MlpGain">Factor on what they add, [B, 1, C].</param>
/// <param name="Projection">Of queries, keys and values; the same for all classes.</param>
internal sealed record PreparedBlock(
    Modulation AttentionNorm, Tensor AttentionGain, Modulation MlpNorm, Tensor MlpGain, PreparedProjection Projection)
{
    /// <summary>The first entries of the batch, as views.</summary>
    public PreparedBlock First(long count) =>
        new(AttentionNorm.First(count), AttentionGain.narrow(0, 0, count), MlpNorm.First(count), MlpGain.narrow(0, 0, count), Projection);
}
