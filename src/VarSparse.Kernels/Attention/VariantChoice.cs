using System.Collections.Concurrent;
using VarSparse.Kernels.Attention.Ampere;
using VarSparse.Kernels.Attention.Portable;
using VarSparse.Kernels.Runtime;

namespace VarSparse.Kernels.Attention;

/// <summary>Picks the kernel for a problem on a device, and says why better ones are not used. Thread-safe.</summary>
internal sealed class VariantChoice(CudaDeviceProperties device)
{
    private readonly ConcurrentDictionary<(AttentionElement Element, int HeadDimension, bool ManyWords, bool HasBias, bool HasMask), AttentionVariant[]> _variants = [];

    /// <summary>The best kernel that can run the problem.</summary>
    /// <exception cref="NotSupportedException">None can; the message has every reason.</exception>
    public AttentionVariant Pick(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        foreach (AttentionVariant variant in Variants(element, headDimension, parameters))
        {
            if (variant.WhyNot(parameters, device.SharedMemoryPerBlockOptIn) is null)
                return variant;
        }

        throw new NotSupportedException($"No kernel runs this on {device.Name}: {Explain(element, headDimension, parameters)}");
    }

    /// <summary>One line: which kernel runs the problem, and for each better one why it does not.</summary>
    public string Explain(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        var selection = BackendSelection.For(device, element, headDimension);
        List<string> lines = [.. selection.Candidates.Where(candidate => !candidate.IsUsable).Select(candidate => candidate.ToString())];
        string outcome = "no kernel can run this";
        foreach (AttentionVariant variant in Variants(element, headDimension, parameters))
        {
            if (variant.WhyNot(parameters, device.SharedMemoryPerBlockOptIn) is not { } reason)
            {
                outcome = $"{variant.Backend} kernel used";
                break;
            }

            lines.Add($"{variant.Backend} kernel not used: {reason}");
        }

        return string.Join("; ", lines.Prepend(outcome));
    }

    private AttentionVariant[] Variants(AttentionElement element, int headDimension, in AttentionParameters parameters)
    {
        var key = (element, headDimension, parameters.WordsPerTile > 1, parameters.KeyBias != 0, parameters.StepRanges != 0);
        return _variants.TryGetValue(key, out AttentionVariant[]? variants) ? variants : _variants.GetOrAdd(key, Make, device);
    }

    private static AttentionVariant[] Make(
        (AttentionElement Element, int HeadDimension, bool ManyWords, bool HasBias, bool HasMask) key, CudaDeviceProperties device) =>
        [.. BackendSelection.For(device, key.Element, key.HeadDimension).Usable.Select<AttentionBackend, AttentionVariant>(backend => backend switch
        {
            AttentionBackend.Hopper => HopperVariant.For(key.Element, key.HeadDimension, key.HasBias, key.HasMask, device.MultiprocessorCount),
            AttentionBackend.Ampere => AmpereVariant.For(key.Element, key.HeadDimension, key.ManyWords ? 2 : 1),
            _ => PortableVariant.For(key.Element, key.HeadDimension),
        })];
}
