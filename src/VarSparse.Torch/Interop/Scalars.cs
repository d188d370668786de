using TorchSharp;

namespace VarSparse.Torch.Interop;

/// <summary>
/// Scalars that are kept: one made for a call can be collected, and its memory freed, before TorchSharp's native call reads it.
/// </summary>
internal static class Scalars
{
    /// <summary>The factor of a product that is added as it is.</summary>
    public static readonly Scalar Once = 1;
}
