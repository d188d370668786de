using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>What the transformer computes once for a generation: all that depends on classes and weights, not on the latent.</summary>
/// <param name="Embedding">Class embedding, [B, C].</param>
/// <param name="Positions">Position and scale embeddings of all tokens of all scales, [1, L, C].</param>
/// <param name="Blocks">One for each block.</param>
/// <param name="BeforeHead">Of the last normalisation.</param>
internal sealed record Preparation(Tensor Embedding, Tensor Positions, IReadOnlyList<PreparedBlock> Blocks, Modulation BeforeHead)
{
    /// <summary>The first entries of the batch, as views.</summary>
    public Preparation First(long count) => count == Embedding.size(0)
        ? this
        : new(Embedding.narrow(0, 0, count), Positions, [.. Blocks.Select(block => block.First(count))], BeforeHead.First(count));
}
