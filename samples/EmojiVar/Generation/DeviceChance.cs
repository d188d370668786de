using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>
/// <see cref="TokenChance"/> for many tokens and codes at once, on any device and without waiting: the same numbers. What depends on a token
/// or a code alone is hashed by the host, in microseconds, and travels in one copy; what depends on both is hashed on the device. Torch has
/// no unsigned 64-bit arithmetic; products and sums of signed numbers have the same bits, and shifts are made unsigned by a mask.
/// </summary>
internal static class DeviceChance
{
    /// <summary>Exponentially distributed with mean 1, float64 in the shape of codes.</summary>
    /// <param name="seeds">One for each image.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="tokens">The tokens of the rows; null for 0, 1, 2, ...</param>
    /// <param name="codes">Codes, int64 [B, L, n].</param>
    /// <param name="codeCount">Number of codes there are.</param>
    public static Tensor Exponential(IReadOnlyList<int> seeds, int scale, IReadOnlyList<int>? tokens, Tensor codes, int codeCount)
    {
        using DisposeScope scope = NewDisposeScope();
        (long images, int rows) = (codes.size(0), (int)codes.size(1));
        long[] hashes = new long[images * rows + codeCount];
        for (int i = 0; i < images * rows; i++)
            hashes[i] = unchecked((long)new TokenChance(seeds[i / rows], scale, tokens?[i % rows] ?? i % rows).Hash);
        for (int code = 0; code < codeCount; code++)
            hashes[images * rows + code] = unchecked((long)TokenChance.HashOf(code));
        Tensor there = OnDevice(hashes, codes.device);
        Tensor ofTokens = there.narrow(0, 0, images * rows).view(images, rows, 1);
        Tensor ofCodes = there.narrow(0, images * rows, codeCount).expand(images, rows, codeCount).gather(-1, codes);
        Tensor bits = Mix(ofTokens.bitwise_xor(ofCodes));
        Tensor uniform = ShiftRight(bits, 11).to(ScalarType.Float64).add_(0.5).mul_(1.0 / (1UL << 53));
        return uniform.log_().neg_().MoveToOuterDisposeScope();
    }

    /// <summary>Queued from pinned memory: a copy from other memory may wait for the device.</summary>
    private static Tensor OnDevice(long[] numbers, Device device)
    {
        Tensor onHost = tensor(numbers);
        return device.type == DeviceType.CUDA ? onHost.pin_memory().to(device, non_blocking: true) : onHost.to(device);
    }

    private static Tensor Mix(Tensor x)
    {
        unchecked
        {
            x = x + (long)0x9E3779B97F4A7C15;
            x = x.bitwise_xor(ShiftRight(x, 30)) * (long)0xBF58476D1CE4E5B9;
            x = x.bitwise_xor(ShiftRight(x, 27)) * (long)0x94D049BB133111EB;
            return x.bitwise_xor(ShiftRight(x, 31));
        }
    }

    private static Tensor ShiftRight(Tensor x, int bits) =>
        x.bitwise_right_shift(tensor((long)bits)).bitwise_and(tensor((1L << (64 - bits)) - 1));
}
