namespace VarSparse.Samples.EmojiVar;

/// <summary>Parts of a generation that are timed apart.</summary>
internal enum Stage
{
    /// <summary>Input of a scale: latent or class to tokens.</summary>
    Embedding,

    /// <summary>First normalisation of a block, projection to queries, keys and values, their normalisation.</summary>
    Qkv,

    /// <summary>Writing the key-value cache, and attention.</summary>
    Attention,

    /// <summary>Output projection of attention, its residual and the second normalisation of a block.</summary>
    Projection,

    /// <summary>Feed-forward layers and their residual.</summary>
    Mlp,

    /// <summary>Last normalisation and logits.</summary>
    Head,

    /// <summary>Guidance and choice of tokens.</summary>
    Sampling,

    /// <summary>Codes to latent and latent to the next scale's size.</summary>
    Quantiser,

    /// <summary>Latent to image.</summary>
    Decoder,

    /// <summary>What policies decide outside attention: tokens, guidance, residuals.</summary>
    Scoring,
}
