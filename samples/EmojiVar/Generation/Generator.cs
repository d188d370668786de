using System.Diagnostics;
using TorchSharp;
using VarSparse.Geometry;
using VarSparse.Samples.EmojiVar.Decoding;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar.Generation;

/// <summary>
/// Draws images scale by scale. Both branches of guidance run as one batch, conditional first. The accelerator is asked at four
/// points: which tokens to compute, each layer's attention, the logits of both branches, the residual.
/// </summary>
/// <param name="model">The model, on the CPU or a GPU.</param>
/// <param name="waitForStages">On a GPU: wait at the end of each stage, so that the clock has true times; the run as a whole takes longer.</param>
internal sealed class Generator(VarModel model, bool waitForStages = false)
{
    private readonly ScaleSchedule _schedule = model.Config.Schedule;

    /// <param name="request">What to draw.</param>
    /// <param name="progress">Told the share done, 0 to 1, estimated from the dense model's work.</param>
    /// <param name="cancellation">Stops the run before its next layer.</param>
    /// <exception cref="OperationCanceledException">The run was stopped.</exception>
    public GenerationResult Run(GenerationRequest request, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        long start = Stopwatch.GetTimestamp();
        StageClock clock = new(waitForStages && model.Device.type == DeviceType.CUDA ? Wait : null);
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();

        int images = request.Labels.Length;
        bool guided = request.Guidance != 0;
        using VarGeneration generation = request.Accelerator.Begin(_schedule, model.Config.Depth, model.Config.Heads, guided);
        WorkDone work = new(_schedule, model.Config);
        RunAttention attention = new(generation, clock, layer => progress?.Invoke(work.LayerDone()), cancellation);

        Preparation prepared = model.Transformer.Prepare(Labels(request.Labels, guided));
        Tensor latent = zeros(images, model.Config.VqVae.CodeWidth, model.Config.LatentSide, model.Config.LatentSide, device: model.Device);
        for (int scale = 0; scale < _schedule.Count; scale++)
        {
            using DisposeScope ofScale = NewDisposeScope();
            work.Begin(scale);
            ScaleStep step;
            using (clock.Measure(Stage.Scoring))
                step = generation.BeginScale(scale);
            Preparation ofBranches = prepared.First(step.Guided ? 2 * images : images);

            Tensor x = Input(step, latent, ofBranches, clock);
            model.Transformer.Blocks(x, ofBranches, attention, clock);
            Tensor tokens = Choose(x, ofBranches, step, generation, request, clock);
            Add(latent, tokens, step, generation, clock);
            request.ScaleDone?.Invoke(scale);
        }

        cancellation.ThrowIfCancellationRequested();
        RgbImage[] pictures;
        using (clock.Measure(Stage.Decoder))
            pictures = Pictures(model.VqVae.Decode(latent).cpu()); // on a GPU, the one place where a dense run waits
        progress?.Invoke(1);
        return new GenerationResult(pictures, generation.Report, clock, Stopwatch.GetElapsedTime(start));
    }

    private void Wait() => cuda.synchronize(model.Device);

    private Tensor Labels(int[] labels, bool guided)
    {
        long[] conditional = Array.ConvertAll(labels, label => (long)label);
        return tensor(guided ? [.. conditional, .. labels.Select(_ => (long)model.Transformer.Unconditional)] : conditional, device: model.Device);
    }

    private Tensor Input(ScaleStep step, Tensor latent, Preparation prepared, StageClock clock)
    {
        if (step.Scale == 0)
        {
            using (clock.Measure(Stage.Embedding))
                return model.Transformer.FirstInput(prepared);
        }

        Tensor atSize;
        using (clock.Measure(Stage.Quantiser))
            atSize = ResidualQuantiser.AtSize(latent, step.Grid.Height);
        using (clock.Measure(Stage.Embedding))
            return model.Transformer.NextInput(atSize, prepared, step);
    }

    /// <summary>Codes of the scale's computed tokens, int64 [images, n].</summary>
    private Tensor Choose(
        Tensor x, Preparation prepared, ScaleStep step, VarGeneration generation, GenerationRequest request, StageClock clock)
    {
        int images = request.Labels.Length;
        Tensor logits;
        using (clock.Measure(Stage.Head))
            logits = model.Transformer.Logits(x, prepared);
        Tensor conditional = logits.narrow(0, 0, images);
        Tensor? unconditional = step.Guided ? logits.narrow(0, images, images) : null;
        using (clock.Measure(Stage.Scoring))
            generation.Logits(conditional, unconditional);

        using StageClock.Measurement _ = clock.Measure(Stage.Sampling);
        double strength = request.Guidance * step.Scale / (_schedule.Count - 1);
        Tensor guided = unconditional is null ? conditional : conditional.mul(1 + strength).add_(unconditional, -strength);
        return request.Chooser.Choose(guided, step);
    }

    private void Add(Tensor latent, Tensor tokens, ScaleStep step, VarGeneration generation, StageClock clock)
    {
        Tensor codes;
        using (clock.Measure(Stage.Quantiser))
            codes = model.VqVae.Quantiser.Codes(tokens);
        Tensor residual;
        using (clock.Measure(Stage.Scoring))
            residual = generation.Residual(codes);
        using (clock.Measure(Stage.Quantiser))
            model.VqVae.Quantiser.Add(latent, residual, step.Scale);
    }

    /// <summary>The images of a tensor uint8 [B, H, W, 3].</summary>
    private static RgbImage[] Pictures(Tensor bytes)
    {
        (int count, int height, int width) = ((int)bytes.shape[0], (int)bytes.shape[1], (int)bytes.shape[2]);
        int size = height * width * RgbImage.Channels;
        var pictures = new RgbImage[count];
        for (int i = 0; i < count; i++)
            pictures[i] = new RgbImage(width, height, bytes.bytes.Slice(i * size, size).ToArray());
        return pictures;
    }
}
