using VarSparse.Samples.EmojiVar.Generation;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;

namespace VarSparse.FarFieldStudy;

/// <summary>
/// Draws each label and seed dense, with the library's far-field policy, and with every variant; sampled with the defaults of EmojiVar.
/// </summary>
internal sealed class Study(VarModel model, StudySettings settings)
{
    private const double Guidance = 3;
    private const int TopK = 100;
    private const double TopP = 0.95;

    private readonly Generator _generator = new(model);

    /// <summary>The images of all labels and seeds, one by one as they are drawn.</summary>
    public IEnumerable<StudyImage> Run() =>
        from label in settings.Labels from seed in settings.Seeds from image in Compare(label, seed) select image;

    private IEnumerable<StudyImage> Compare(int label, int seed)
    {
        GenerationResult dense = Draw(label, seed);
        GenerationResult library = Draw(label, seed, new FarFieldAttention());
        yield return Image(StudyImage.Library, library);
        foreach (Variant variant in settings.Variants)
            yield return Image(variant.Name, Draw(label, seed, new SummaryStudyHook(variant)));

        StudyImage Image(string variant, GenerationResult result) => new()
        {
            Label = model.Config.Names[label],
            Seed = seed,
            Variant = variant,
            Psnr = ImageQuality.Psnr(result.Images[0], dense.Images[0]),
            PsnrToLibrary = ImageQuality.Psnr(result.Images[0], library.Images[0]),
            Work = result.Report.AttentionWork,
            Seconds = result.Elapsed.TotalSeconds,
        };
    }

    private GenerationResult Draw(int label, int seed, params IVarHook[] hooks) => _generator.Run(new GenerationRequest
    {
        Labels = [label],
        Guidance = Guidance,
        Chooser = new SampledChoice([seed], TopK, TopP, settings.Threads),
        Accelerator = new VarAccelerator(hooks),
    });
}
