using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>
/// What a block, and its attention alone, cost the host, at the scales that modes act on. The tensors are so small that a GPU is done
/// before the host asks for the next kernel, and nothing waits inside a pass. On the CPU torch's own small kernels count too.
/// </summary>
internal sealed class HostBench(Stack stack, StackSize size, Device device, int repeats)
{
    private const int WarmUps = 20;

    public HostMode Measure(Mode mode, VarAccelerator accelerator)
    {
        using IDisposable inference = inference_mode();
        return new HostMode(mode.Name, Passes(accelerator, attentionOnly: false), Passes(accelerator, attentionOnly: true));
    }

    private HostCost Passes(VarAccelerator accelerator, bool attentionOnly)
    {
        for (int pass = 0; pass < WarmUps; pass++)
            Pass(accelerator, attentionOnly, new HostMeter());
        HostMeter meter = new();
        for (int pass = 0; pass < repeats; pass++)
            Pass(accelerator, attentionOnly, meter);
        return meter.Cost;
    }

    private void Pass(VarAccelerator accelerator, bool attentionOnly, HostMeter meter)
    {
        using VarGeneration generation = accelerator.Begin(size.Schedule, size.Layers, size.Heads, guided: false);
        DeviceUse.Wait(device);
        for (int scale = 0; scale < size.Schedule.Count; scale++)
        {
            ScaleStep step = generation.BeginScale(scale);
            Action? blockDone = scale < size.Schedule.Count - Mode.LastScales ? null : meter.Take;
            meter.Begin();
            if (attentionOnly)
                stack.RunAttention(step.TokenCount, generation, blockDone);
            else
                stack.Run(step.TokenCount, generation, blockDone).Dispose();
        }
    }
}
