using System.Runtime.InteropServices;
using SkiaSharp;
using TorchSharp;
using VarSparse.Samples.EmojiVar.Generation;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Samples.EmojiVar.Reports;
using VarSparse.Torch.Diagnostics;
using VarSparse.Torch.Hooks;
using Generator = VarSparse.Samples.EmojiVar.Generation.Generator;

namespace VarSparse.Samples.EmojiVar;

/// <summary>Draws each label and seed dense once, then with each policy, and writes the pictures as they come.</summary>
internal sealed class Session(VarModel model, Settings settings, IProgressView view, CancellationToken cancellation)
{
    private const double WarmUpShare = 0.02;

    private readonly Generator _generator = new(model, settings.Profile);
    private readonly Dictionary<Policy, VarAccelerator> _accelerators = [];

    public IReadOnlyList<ComparedImage> Run()
    {
        if (model.Device.type == DeviceType.CPU)
            WarmUp();
        else
            WarmUpAll();
        List<ComparedImage> images = [];
        foreach (int label in settings.Labels)
        {
            foreach (int seed in settings.Seeds)
                images.AddRange(Compare(label, seed));
        }

        return images;
    }

    /// <summary>Measures the attention of one dense generation and writes its heat maps.</summary>
    /// <param name="path">Where the picture goes.</param>
    public IReadOnlyList<AttentionMeasurement> Measure(string path)
    {
        List<AttentionMeasurement> measurements = [];
        (int label, int seed) = (settings.Labels[0], settings.Seeds[0]);
        string title = $"{model.Config.Names[label]}, seed {seed}: where attention lies";
        Draw(label, seed, new VarAccelerator(new AttentionDiagnostics(measurements.Add)), title);
        using SKBitmap maps = AttentionHeatMaps.Draw(title, measurements);
        PngFile.Save(maps, path);
        return measurements;
    }

    /// <summary>Draws the first label and seed dense and with each policy once more, and writes a line a scale of what CUDA was asked to do.</summary>
    public void Trace(DriverTrace trace, TextWriter output)
    {
        foreach (Policy policy in settings.Policies.Where(policy => !policy.IsDense).Prepend(Policy.Dense))
        {
            TraceTable table = new(trace, output, policy.Name);
            GenerationRequest request = Request(settings.Labels[0], settings.Seeds[0], AcceleratorOf(policy));
            table.Begin();
            new Generator(model).Run(request with { ScaleDone = scale => table.Write($"scale {scale}") }, cancellation: cancellation);
            table.Write("decoder");
        }
    }

    private IEnumerable<ComparedImage> Compare(int label, int seed)
    {
        string name = model.Config.Names[label];
        string path = Path.Combine(settings.OutFolder, $"{FileName(name)}-{seed}");
        GenerationResult dense = Draw(label, seed, new VarAccelerator(), $"{name}, seed {seed}, dense");
        dense.Images[0].Save($"{path}-dense.png");
        RgbImage? reference = settings.Reference is null ? null : RgbImage.Load(Path.Combine(settings.Reference, $"{FileName(name)}-{seed}-dense.png"));
        foreach (Policy policy in settings.Policies)
        {
            GenerationResult result = policy.IsDense ? dense : Draw(label, seed, AcceleratorOf(policy), $"{name}, seed {seed}, {policy.Name}");
            ComparedImage image = new(name, seed, policy, result, dense, reference);
            if (!policy.IsDense)
                SavePictures(image, $"{path}-{FileName(policy.Name)}");
            yield return image;
        }
    }

    /// <summary>The first layers once: code is compiled and libraries find their threads before anything is timed.</summary>
    private void WarmUp()
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            _generator.Run(Request(settings.Labels[0], settings.Seeds[0], new VarAccelerator()), Stop, enough.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
        }

        void Stop(double share)
        {
            if (share > WarmUpShare)
                enough.Cancel();
        }
    }

    /// <summary>
    /// On a GPU one image of each kind: kernels are compiled and patterns copied there at their first use, memory is asked for, and libraries
    /// try what is quickest for each size.
    /// </summary>
    private void WarmUpAll()
    {
        foreach (Policy policy in settings.Policies.Where(policy => !policy.IsDense).Prepend(Policy.Dense))
            Draw(settings.Labels[0], settings.Seeds[0], AcceleratorOf(policy), $"warm-up, {policy.Name}");
    }

    /// <summary>One for all images: it keeps what it knows of the schedule, such as patterns, and what a GPU was given of it.</summary>
    private VarAccelerator AcceleratorOf(Policy policy) => CollectionsMarshal.GetValueRefOrAddDefault(_accelerators, policy, out _) ??= policy.Accelerator(model.Config.Depth);

    private GenerationResult Draw(int label, int seed, VarAccelerator accelerator, string what)
    {
        view.Begin(what);
        GenerationResult result = _generator.Run(Request(label, seed, accelerator), view.Report, cancellation);
        view.End(result.Elapsed);
        return result;
    }

    private GenerationRequest Request(int label, int seed, VarAccelerator accelerator) => new()
    {
        Labels = [label],
        Guidance = settings.Cfg,
        Chooser = settings.TopK == 1 ? new GreedyChoice() : new SampledChoice([seed], settings.TopK, settings.TopP, settings.Threads),
        Accelerator = accelerator,
    };

    private static void SavePictures(ComparedImage image, string path)
    {
        (RgbImage accelerated, RgbImage dense) = (image.Accelerated.Images[0], image.Dense.Images[0]);
        accelerated.Save($"{path}.png");
        using (SKBitmap difference = DifferencePicture.Draw(accelerated, dense))
            PngFile.Save(difference, $"{path}-difference.png");
        using SKBitmap tokens = TokenMaps.Draw($"{image.Label}, seed {image.Seed}, {image.Policy.Name}: tokens computed at each scale", image.Accelerated.Report);
        PngFile.Save(tokens, $"{path}-tokens.png");
    }

    private static string FileName(string label) => string.Concat(label.Select(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '.' ? c : '-'));
}
