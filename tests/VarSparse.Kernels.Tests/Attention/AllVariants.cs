using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>Every instantiation of the kernels that take any head dimension.</summary>
internal static class AllVariants
{
    public static IEnumerable<AttentionVariant> Of(AttentionElement element)
    {
        foreach (int dimension in (int[])[32, 64, 128, 256])
            yield return PortableVariant.For(element, dimension);
        if (element == AttentionElement.Float32)
            yield break;
        for (int dimension = 16; dimension <= 256; dimension += 16)
        {
            for (int words = 1; words <= (dimension <= 128 ? 2 : 1); words++)
                yield return AmpereVariant.For(element, dimension, words);
        }
    }
}
