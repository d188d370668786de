using System.Runtime.InteropServices;
using TorchSharp;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>
/// Draws codes from the softmax over the most probable ones. What chance decides depends only on seed, scale, token and code: not on
/// the batch, nor on which other tokens are drawn, so that two runs which differ in some tokens still agree about the others. On a GPU
/// everything runs there and nothing waits.
/// </summary>
/// <param name="seeds">One for each image of the batch.</param>
/// <param name="topK">How many of the largest logits stay, ties with the last included; 0 = all.</param>
/// <param name="topP">Codes are dropped from the least probable on, as long as those dropped hold at most 1 - topP; 0 or 1 = none.</param>
/// <param name="threads">How many CPU threads draw.</param>
internal sealed class SampledChoice(IReadOnlyList<int> seeds, int topK, double topP, int threads) : ITokenChooser
{
    public Tensor Choose(Tensor logits, ScaleStep step) => logits.device_type == DeviceType.CPU
        ? OnHost(logits, step)
        : DeviceDraw.Choose(logits, topK, topP, seeds, step.Scale, step.Tokens);

    private Tensor OnHost(Tensor logits, ScaleStep step)
    {
        (long batch, long rows, int codes) = (logits.shape[0], logits.shape[1], (int)logits.shape[2]);
        using Tensor dense = logits.contiguous();
        float[] values = MemoryMarshal.Cast<byte, float>(dense.bytes).ToArray();
        long[] chosen = new long[batch * rows];
        Parallel.For(
            0L,
            chosen.LongLength,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            () => new Candidates(codes),
            (row, _, candidates) =>
            {
                (int image, int token) = ((int)(row / rows), (int)(row % rows));
                candidates.Fill(values.AsSpan((int)row * codes, codes), topK, topP);
                chosen[row] = candidates.Draw(new TokenChance(seeds[image], step.Scale, step.Tokens?[token] ?? token));
                return candidates;
            },
            _ => { });
        return tensor(chosen).reshape(batch, rows);
    }
}
