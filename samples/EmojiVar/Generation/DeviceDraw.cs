using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>
/// <see cref="Candidates"/> for all tokens at once, on any device and without waiting. The same codes, but for logits that tie with the
/// last of the largest: of these only as many stay as fit.
/// </summary>
internal static class DeviceDraw
{
    /// <param name="logits">Float32 [B, L, V].</param>
    /// <param name="topK">How many of the largest logits stay; 0 = all.</param>
    /// <param name="topP">Codes are dropped from the least probable on, as long as those dropped hold at most 1 - topP; 0 or 1 = none.</param>
    /// <param name="seeds">One for each image.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="tokens">The rows' tokens; null for 0, 1, 2, ...</param>
    /// <returns>int64 [B, L].</returns>
    public static Tensor Choose(Tensor logits, int topK, double topP, IReadOnlyList<int> seeds, int scale, IReadOnlyList<int>? tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        int codes = (int)logits.size(2);
        int kept = topK > 0 ? Math.Min(topK, codes) : codes;
        (Tensor largest, Tensor which) = logits.topk(kept, dim: -1, largest: true, sorted: true);
        Tensor weights = (largest - largest.narrow(-1, 0, 1)).to(ScalarType.Float64).exp_();
        Tensor times = DeviceChance.Exponential(seeds, scale, tokens, which, codes) / weights;
        if (topP is > 0 and < 1)
            times.masked_fill_(Dropped(weights, topP), double.PositiveInfinity);
        return which.gather(-1, times.argmin(-1, keepdim: true)).squeeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>The weights come from the largest to the smallest, so sums from the last one on are what is dropped with it; never the first.</summary>
    private static Tensor Dropped(Tensor weights, double topP)
    {
        Tensor ascending = weights.flip(-1).cumsum(-1);
        Tensor share = ascending.narrow(-1, ascending.size(-1) - 1, 1) * (1 - topP);
        Tensor dropped = ascending.le(share).flip(-1);
        dropped.narrow(-1, 0, 1).fill_(false);
        return dropped;
    }
}
