using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>What the single steps of a block cost the host, on small tensors and without waiting: where a block's time goes.</summary>
internal static class HostSteps
{
    private const int Tokens = 4;
    private const int WarmUps = 100;

    public static IReadOnlyList<HostStep> Measure(StackSize size, int batch, Device device, ScalarType type, int repeats)
    {
        using IDisposable inference = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor Random(params long[] shape) => randn(shape, dtype: type, device: device);
        Tensor x = Random(batch, Tokens, size.Width), y = Random(batch, Tokens, size.Width), gain = Random(batch, 1, size.Width);
        Tensor rows = Random(batch * Tokens, size.Width), weight = Random(size.Width, size.Width), bias = Random(size.Width);
        Tensor heads = Random(3, batch, size.Heads, Tokens, size.HeadDimension);
        Tensor q = heads.select(0, 0), k = heads.select(0, 1), v = heads.select(0, 2);
        var dense = SparsePattern.Dense(Tokens, Tokens);
        Scalar once = 1;
        return
        [
            Time("narrow, a view", () => x.narrow(1, 0, Tokens)),
            Time("empty", () => empty([batch, Tokens, size.Width], dtype: type, device: device)),
            Time("copy_", () => InPlace(y.copy_(x))),
            Time("addcmul_", () => InPlace(y.addcmul_(x, gain, once))),
            Time("gelu_", () => InPlace(y.gelu_(TorchSharp.Modules.GELU.Approximate.tanh))),
            Time("layer_norm", () => nn.functional.layer_norm(x, [size.Width])),
            Time("AdaptiveLayerNorm.Apply", () => AdaptiveLayerNorm.Apply(x, gain, gain, onePlusScale: false)),
            Time("AdaptiveLayerNorm.AddGated", AddGated),
            Time("AdaptiveLayerNorm.AddGatedAndApply", () => AdaptiveLayerNorm.AddGatedAndApply(y, x, gain, gain, gain, onePlusScale: false)),
            Time("linear with bias", () => nn.functional.linear(rows, weight, bias)),
            Time("linear with bias, of three dimensions", () => nn.functional.linear(x, weight, bias)),
            Time("torch's attention", () => nn.functional.scaled_dot_product_attention(q, k, v)),
            Time("SparseAttention.Apply", () => SparseAttention.Apply(q, k, v, dense)),
        ];

        Tensor? AddGated()
        {
            AdaptiveLayerNorm.AddGated(y, x, gain);
            return null;
        }

        // What an operation in place returns is no new tensor to be disposed.
        static Tensor? InPlace(Tensor same) => null;

        HostStep Time(string name, Func<Tensor?> operation)
        {
            for (int run = 0; run < WarmUps; run++)
                operation()?.Dispose();
            DeviceUse.Wait(device);
            HostMeter meter = new();
            for (int run = 0; run < repeats; run++)
            {
                meter.Begin();
                operation()?.Dispose();
                meter.Take();
            }

            return new HostStep(name, meter.Cost);
        }
    }
}
