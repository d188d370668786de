namespace VarSparse.Kernels.Attention;

/// <summary>What an attention kernel is specialised for besides its types.</summary>
internal interface IAttentionOptions
{
    /// <summary>Whether keys have biases.</summary>
    static abstract bool HasBias { get; }
}

/// <summary>Keys have no bias.</summary>
internal readonly struct PlainOptions : IAttentionOptions
{
    public static bool HasBias => false;
}

/// <summary>Keys have biases.</summary>
internal readonly struct BiasOptions : IAttentionOptions
{
    public static bool HasBias => true;
}
