using VarSparse.Samples.EmojiVar.Reports;

namespace VarSparse.FarFieldStudy;

/// <summary>A variant over all images.</summary>
internal sealed record VariantFigures
{
    public required string Variant { get; init; }

    public required int Images { get; init; }

    public required double MedianPsnr { get; init; }

    public required double WorstPsnr { get; init; }

    /// <summary>Median over the images of what the variant gains against the library's policy on the same image: pictures differ more than variants.</summary>
    public required double MedianGain { get; init; }

    /// <summary>On how many images it gains.</summary>
    public required int Better { get; init; }

    public required double MedianPsnrToLibrary { get; init; }

    public required double WorstPsnrToLibrary { get; init; }

    public required double Work { get; init; }

    /// <summary>One for each variant, in the order in which they were drawn first.</summary>
    public static IReadOnlyList<VariantFigures> Of(IReadOnlyList<StudyImage> images)
    {
        Dictionary<(string, int), double> library = images.Where(image => image.Variant == StudyImage.Library).ToDictionary(image => (image.Label, image.Seed), image => image.Psnr);
        return [.. images.GroupBy(image => image.Variant).Select(variant => Of(variant.Key, [.. variant], library))];
    }

    private static VariantFigures Of(string variant, StudyImage[] images, Dictionary<(string, int), double> library)
    {
        double[] gains = [.. images.Select(image => image.Psnr - library[(image.Label, image.Seed)])];
        return new VariantFigures
        {
            Variant = variant,
            Images = images.Length,
            MedianPsnr = FigureTable.Median(images.Select(image => image.Psnr)),
            WorstPsnr = images.Min(image => image.Psnr),
            MedianGain = FigureTable.Median(gains),
            Better = gains.Count(gain => gain > 0),
            MedianPsnrToLibrary = FigureTable.Median(images.Select(image => image.PsnrToLibrary)),
            WorstPsnrToLibrary = images.Min(image => image.PsnrToLibrary),
            Work = FigureTable.Median(images.Select(image => image.Work)),
        };
    }
}
