using System.Collections.Concurrent;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>Picks the kernel for a problem on a device, and says why better ones are not used. Thread-safe.</summary>
internal sealed class VariantChoice(CudaDeviceProperties device)
{
    private readonly ConcurrentDictionary<(AttentionElement Element, int HeadDimension, bool HasBias, bool HasMask), AttentionVariant[]> _variants = [];

    /// <summary>The best kernel that can run the problem.</summary>
    /// <exception cref="NotSupportedException">None can; the message has every reason.</exception>
    public AttentionVariant Pick(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        foreach (AttentionVariant variant in Variants(element, headDimension, parameters))
        {
            if (variant.WhyNot(parameters) is null)
                return variant;
        }

        throw new NotSupportedException($"No kernel runs this on {device.Name}: {Explain(element, headDimension, parameters)}");
    }

    /// <summary>Which kernel runs the problem, and for each better one why it does not.</summary>
    public KernelExplanation Explain(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        var selection = BackendSelection.For(device, element, headDimension);
        List<string> notUsed = [.. selection.Candidates.Where(candidate => !candidate.IsUsable).Select(candidate => candidate.ToString())];
        AttentionBackend? used = null;
        foreach (AttentionVariant variant in Variants(element, headDimension, parameters))
        {
            if (variant.WhyNot(parameters) is not { } reason)
            {
                used = variant.Backend;
                break;
            }

            notUsed.Add($"{variant.Backend} kernel not used: {reason}");
        }

        return new KernelExplanation(used, notUsed);
    }

    private AttentionVariant[] Variants(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        var key = (element, headDimension, parameters.KeyBias != 0, parameters.MaskFragments != 0);
        return _variants.TryGetValue(key, out AttentionVariant[]? variants) ? variants : _variants.GetOrAdd(key, Make, device);
    }

    private static AttentionVariant[] Make(
        (AttentionElement Element, int HeadDimension, bool HasBias, bool HasMask) key, CudaDeviceProperties device) =>
        [.. BackendSelection.For(device, key.Element, key.HeadDimension).Usable.Select<AttentionBackend, AttentionVariant>(backend => backend switch
        {
            AttentionBackend.Hopper => HopperVariant.For(key.Element, key.HeadDimension, key.HasBias, key.HasMask, device.MultiprocessorCount),
            AttentionBackend.Ampere => AmpereVariant.For(key.Element, key.HeadDimension, key.HasBias, key.HasMask),
            _ => PortableVariant.For(key.Element, key.HeadDimension),
        })];
}
