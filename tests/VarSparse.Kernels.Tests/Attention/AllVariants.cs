using VarSparse.Kernels.Attention;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;

namespace VarSparse.Kernels.Tests.Attention;

/// <summary>Every instantiation of the kernels, of the portable one those of the tuned head dimensions.</summary>
internal static class AllVariants
{
    // Any number of multiprocessors: it changes the grid only.
    private const int Multiprocessors = 132;

    public static IEnumerable<AttentionVariant> Of(AttentionElement element)
    {
        foreach (int dimension in (int[])[32, 64, 128, 256])
            yield return PortableVariant.For(element, dimension);
        if (element == AttentionElement.Float32)
            yield break;
        for (int dimension = 16; dimension <= 256; dimension += 16)
        {
            foreach (bool hasBias in (bool[])[false, true])
            {
                foreach (bool hasMask in (bool[])[false, true])
                    yield return AmpereVariant.For(element, dimension, hasBias, hasMask);
            }
        }

        foreach (int dimension in (int[])[64, 128])
        {
            foreach (bool hasBias in (bool[])[false, true])
            {
                foreach (bool hasMask in (bool[])[false, true])
                    yield return HopperVariant.For(element, dimension, hasBias, hasMask, Multiprocessors);
            }
        }
    }
}
