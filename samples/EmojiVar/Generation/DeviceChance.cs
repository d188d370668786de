using TorchSharp;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>
/// <see cref="TokenChance"/> for many tokens and codes at once, on any device and without waiting: the same numbers. Torch has no
/// unsigned 64-bit arithmetic; products and sums of signed numbers have the same bits, and shifts are made unsigned by a mask.
/// </summary>
internal static class DeviceChance
{
    /// <summary>Exponentially distributed with mean 1, float64 in the shape of codes.</summary>
    /// <param name="seeds">One for each image.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="tokens">Tokens, int64 [1, L, 1].</param>
    /// <param name="codes">Codes, int64 [B, L, n].</param>
    public static Tensor Exponential(IReadOnlyList<int> seeds, int scale, Tensor tokens, Tensor codes)
    {
        using DisposeScope scope = NewDisposeScope();
        using Tensor onHost = tensor(seeds.Select(seed => unchecked((long)TokenChance.Mix((uint)seed))).ToArray()).view(-1, 1, 1);
        Tensor ofSeed = onHost.to(codes.device, non_blocking: true);
        Tensor ofToken = Mix(ofSeed.bitwise_xor(tokens + ((long)scale << 32)));
        Tensor bits = Mix(ofToken.bitwise_xor(Mix(codes)));
        Tensor uniform = ShiftRight(bits, 11).to(ScalarType.Float64).add_(0.5).mul_(1.0 / (1UL << 53));
        return uniform.log_().neg_().MoveToOuterDisposeScope();
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
