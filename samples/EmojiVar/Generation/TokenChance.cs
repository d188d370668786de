namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>Chance without a sequence: a number for each code of one token of one image, by hashing (SplitMix64's mixing function).</summary>
internal readonly struct TokenChance(int seed, int scale, int token)
{
    /// <summary>What the image and the token make of it.</summary>
    public ulong Hash { get; } = Mix(Mix((ulong)(uint)seed) ^ ((ulong)(uint)scale << 32 | (uint)token));

    /// <summary>What the code makes of it.</summary>
    public static ulong HashOf(int code) => Mix((ulong)(uint)code);

    /// <summary>Exponentially distributed with mean 1.</summary>
    public double Exponential(int code)
    {
        ulong bits = Mix(Hash ^ HashOf(code));
        double uniform = ((bits >> 11) + 0.5) * (1.0 / (1UL << 53)); // never 0 nor 1
        return -Math.Log(uniform);
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
