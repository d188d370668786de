using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>
/// Attention over a plan's tokens and summaries, with torch's own operations in float32 on the logits of all keys: slow, and open to any
/// statistics of a block's logits.
/// </summary>
internal sealed class SummarisedAttention(BlockPlan plan, SummaryBias bias, SummaryValues summaryValues)
{
    /// <summary>Logits at once, 512 MiB: of them and what is computed from them about eight are alive at a time.</summary>
    private const long MostLogits = 1L << 27;

    /// <param name="query">[B, H, Lq, D] in any type.</param>
    /// <param name="key">[B, H, Lk, D].</param>
    /// <param name="value">[B, H, Lk, D].</param>
    /// <param name="scale">Factor on dot products.</param>
    /// <returns>[B, H, Lq, D] in the query's type.</returns>
    public Tensor Attend(Tensor query, Tensor key, Tensor value, double scale)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor queries = OneByOne(query) * scale, keys = OneByOne(key), values = OneByOne(value);
        long heads = queries.size(0), atOnce = Math.Max(1, MostLogits / (queries.size(1) * keys.size(1)));
        List<Tensor> outputs = [];
        for (long first = 0; first < heads; first += atOnce)
        {
            long count = Math.Min(atOnce, heads - first);
            outputs.Add(OfHeads(queries.narrow(0, first, count), keys.narrow(0, first, count), values.narrow(0, first, count)));
        }

        return cat(outputs, 0).view(query.shape).to(query.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>[B, H, L, D] to float32 [B H, L, D].</summary>
    private static Tensor OneByOne(Tensor rows) => rows.to(ScalarType.Float32).flatten(0, 1);

    private Tensor OfHeads(Tensor queries, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = matmul(queries, keys.transpose(1, 2));
        List<Tensor> seenLogits = [], seenValues = [];
        List<(BlockSummary Summary, Tensor Values, int Piece)> summaries = [];
        foreach (SourceScale source in plan.Sources)
        {
            Tensor ofScale = logits.narrow(2, source.FirstToken, source.TokenCount);
            Tensor scaleKeys = keys.narrow(1, source.FirstToken, source.TokenCount), scaleValues = values.narrow(1, source.FirstToken, source.TokenCount);
            seenLogits.Add(ofScale.masked_fill(source.HiddenTokens, double.NegativeInfinity));
            seenValues.Add(scaleValues);
            foreach (BlockLevel level in source.Levels)
            {
                Tensor meanKeys = level.Mean(scaleKeys.transpose(1, 2));
                var summary = new BlockSummary(level, ofScale, matmul(queries, meanKeys));
                summaries.Add((summary, scaleValues, seenLogits.Count));
                seenLogits.Add(summary.Logits(bias).masked_fill(level.Hidden, double.NegativeInfinity));
                seenValues.Add(level.Mean(scaleValues.transpose(1, 2)).transpose(1, 2));
            }
        }

        Tensor weights = Softmax(seenLogits);
        Tensor output = matmul(weights, cat(seenValues, 1));
        if (summaryValues != SummaryValues.Mean)
        {
            Tensor[] ofPieces = weights.split([.. seenValues.Select(piece => piece.size(1))], 2);
            foreach ((BlockSummary summary, Tensor scaleValues, int piece) in summaries)
                AddCorrection(output, summary, ofPieces[piece], scaleValues);
        }

        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Softmax over all pieces, which are freed.</summary>
    private static Tensor Softmax(List<Tensor> pieces)
    {
        using Tensor all = cat(pieces, 2);
        foreach (Tensor piece in pieces)
            piece.Dispose();
        return all.softmax(2);
    }

    private void AddCorrection(Tensor output, BlockSummary summary, Tensor weights, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        output.add_(matmul(summary.ValueWeights(weights, summaryValues), values));
    }
}
