namespace VarSparse.Kernels.Attention;

/// <summary>What an attention kernel is specialised for besides its types.</summary>
internal interface IAttentionOptions
{
    /// <summary>Whether keys have biases.</summary>
    static abstract bool HasBias { get; }

    /// <summary>Whether the pattern has a token mask. Without one only the end of a list hides keys.</summary>
    static abstract bool HasMask { get; }
}

/// <summary>Neither biases nor a mask.</summary>
internal readonly struct PlainOptions : IAttentionOptions
{
    public static bool HasBias => false;

    public static bool HasMask => false;
}

/// <summary>Biases and no mask.</summary>
internal readonly struct BiasOptions : IAttentionOptions
{
    public static bool HasBias => true;

    public static bool HasMask => false;
}

/// <summary>A mask and no biases.</summary>
internal readonly struct MaskOptions : IAttentionOptions
{
    public static bool HasBias => false;

    public static bool HasMask => true;
}

/// <summary>A mask and biases.</summary>
internal readonly struct MaskAndBiasOptions : IAttentionOptions
{
    public static bool HasBias => true;

    public static bool HasMask => true;
}

/// <summary>Picks options at run time.</summary>
internal static class AttentionOptions
{
    public static Type Of(bool hasBias, bool hasMask) => hasMask
        ? hasBias ? typeof(MaskAndBiasOptions) : typeof(MaskOptions)
        : hasBias ? typeof(BiasOptions) : typeof(PlainOptions);
}
