namespace VarSparse.Geometry;

/// <summary>The image areas Infinity is published for. Each uses a prefix of the aspect ratio's scales.</summary>
public enum InfinityResolution
{
    /// <summary>0.06M pixels (256 x 256): the first 7 scales.</summary>
    Megapixels006 = 7,

    /// <summary>0.25M pixels (512 x 512): the first 10 scales.</summary>
    Megapixels025 = 10,

    /// <summary>0.60M pixels (768 x 768): the first 12 scales.</summary>
    Megapixels060 = 12,

    /// <summary>1M pixels (1024 x 1024): all 13 scales.</summary>
    OneMegapixel = 13,
}
