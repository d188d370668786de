using TorchSharp;
using VarSparse.Samples.EmojiVar.Decoding;
using VarSparse.Samples.EmojiVar.Generation;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.EmojiVar.Pictures;
using VarSparse.Torch.Hooks;
using VarSparse.Torch.Policies;
using static TorchSharp.torch;
using Generator = VarSparse.Samples.EmojiVar.Generation.Generator;

namespace VarSparse.Samples.Tests.EmojiVar;

public sealed class GenerationTests : IDisposable
{
    private readonly VarModel _model = TinyModel.Load();

    [Fact]
    public void Images_of_a_batch_are_those_of_single_runs()
    {
        GenerationResult batch = Run([2, 0], new VarAccelerator());
        Assert.Equal(2, batch.Images.Count);
        Assert.InRange(ImageQuality.Psnr(batch.Images[0], Run([2], new VarAccelerator()).Images[0]), 60, 100);
        Assert.InRange(ImageQuality.Psnr(batch.Images[1], Run([0], new VarAccelerator()).Images[0]), 60, 100);
        Assert.InRange(ImageQuality.Psnr(batch.Images[0], batch.Images[1]), 0, 50);
    }

    [Fact]
    public void Policies_that_change_nothing_give_the_dense_image()
    {
        byte[] dense = Run([1], new VarAccelerator()).Images[0].Pixels;
        VarAccelerator idle = new(new LatentDiscrepancyPruning(1) { Scales = ScaleChoice.Last(0) }, new GuidanceTermination(1e-9));
        Assert.Equal(dense, Run([1], idle).Images[0].Pixels);
    }

    [Fact]
    public void Guidance_that_ends_halves_the_batch_of_later_scales()
    {
        GenerationResult result = Run([1, 2], new VarAccelerator(new GuidanceTermination(1e6) { Scales = ScaleChoice.Last(4) }));
        Assert.InRange(result.Report.UnconditionalScalesDropped, 1, 3);
        Assert.False(result.Report.Scales[^1].Guided);
    }

    [Fact]
    public void Pruned_tokens_are_not_computed()
    {
        GenerationResult result = Run([1], new VarAccelerator(new LatentDiscrepancyPruning(0.3) { Scales = ScaleChoice.Last(2) }));
        Assert.InRange(result.Report.TokensComputed, 6, result.Report.TokensTotal - 1);
        Assert.Equal(85, result.Report.TokensTotal);
    }

    [Fact]
    public void Without_guidance_there_is_no_unconditional_branch()
    {
        GenerationResult result = Run(Request([1], new VarAccelerator()) with { Guidance = 0 });
        Assert.All(result.Report.Scales, scale => Assert.False(scale.Guided));
        Assert.Equal(16, result.Images[0].Width);
    }

    [Fact]
    public void The_same_seed_draws_the_same_image_and_another_seed_another()
    {
        byte[] Drawn(int seed) =>
            Run(Request([1], new VarAccelerator()) with { Chooser = new SampledChoice([seed], 0, 0, 2) }).Images[0].Pixels;
        Assert.Equal(Drawn(1), Drawn(1));
        Assert.NotEqual(Drawn(1), Drawn(2));
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, 15)]
    [InlineData(ScalarType.Float16, 25)]
    public void Sixteen_bit_types_draw_nearly_the_same_image(ScalarType type, double decibels)
    {
        using TemporaryFolder folder = new();
        TinyModel.Write(folder.Path);
        using VarModel model = VarModel.Load(folder.Path, type: type);
        GenerationRequest request = Request([1], new VarAccelerator(new LatentDiscrepancyPruning(0.5) { Scales = ScaleChoice.Last(2) }));
        GenerationResult result = new Generator(model).Run(request, cancellation: TestContext.Current.CancellationToken);
        Assert.InRange(ImageQuality.Psnr(result.Images[0], Run(request).Images[0]), decibels, 100);
    }

    /// <summary>Tensors on the meta device have no memory and do not mix with others: whatever stayed on the CPU shows, as it would on a GPU.</summary>
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Nothing_of_a_moved_model_stays_on_the_cpu(ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using VarTransformer transformer = new(TinyModel.Config);
        using VqVae vqVae = new(TinyModel.Config);
        transformer.ComputeIn(type);
        transformer.to(META);
        vqVae.to(META);

        Preparation prepared = transformer.Prepare(zeros(2, ScalarType.Int64, META));
        Tensor input = transformer.FirstInput(prepared);
        Tensor codes = vqVae.Quantiser.Codes(zeros([2, 5], ScalarType.Int64, META));
        Tensor tokens = DeviceDraw.Choose(zeros([2, 5, 64], device: META), topK: 5, topP: 1, [1, 2], scale: 0, tokens: null);

        Assert.All([input, codes, tokens, prepared.Blocks[1].Projection.Bias], tensor => Assert.Equal(DeviceType.META, tensor.device_type));
        Assert.Equal((ScalarType.Float32, type), (input.dtype, prepared.Blocks[1].Projection.Bias.dtype));
        Assert.All(transformer.state_dict().Concat(vqVae.state_dict()), tensor => Assert.Equal(DeviceType.META, tensor.Value.device_type));
    }

    [Fact]
    public void Scales_are_told_in_order()
    {
        List<int> scales = [];
        Run(Request([1], new VarAccelerator()) with { ScaleDone = scales.Add });
        Assert.Equal([0, 1, 2, 3], scales);
    }

    [Fact]
    public void Progress_grows_to_1()
    {
        List<double> shares = [];
        Run(Request([1], new VarAccelerator()), shares.Add);
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1]);
        Assert.Equal(2 * 4 + 1, shares.Count);
    }

    public void Dispose() => _model.Dispose();

    private GenerationResult Run(int[] labels, VarAccelerator accelerator) => Run(Request(labels, accelerator));

    private GenerationResult Run(GenerationRequest request, Action<double>? progress = null) =>
        new Generator(_model).Run(request, progress, TestContext.Current.CancellationToken);

    private static GenerationRequest Request(int[] labels, VarAccelerator accelerator) =>
        new() { Labels = labels, Guidance = 3, Chooser = new GreedyChoice(), Accelerator = accelerator };
}
