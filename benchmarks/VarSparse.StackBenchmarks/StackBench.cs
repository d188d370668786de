using System.Diagnostics;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>
/// Times whole passes over all scales, warm: waiting for the device only at the end (what an image costs), waiting after each scale (where
/// it goes), and attention alone, waiting after each scale.
/// </summary>
internal sealed class StackBench(Stack stack, StackSize size, Device device, int repeats)
{
    private const int WarmUps = 2;

    private static readonly TimeSpan s_timeToCompile = TimeSpan.FromSeconds(3);

    /// <summary>Runs whole passes for a while, so that .NET has compiled for speed what modes share: else the first of them looks slower.</summary>
    public void WarmUp(VarAccelerator accelerator)
    {
        using IDisposable inference = inference_mode();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < s_timeToCompile)
            Pass(accelerator, attentionOnly: false, waitForScales: false, new int[size.Schedule.Count]);
    }

    public ModeFigures Measure(Mode mode, VarAccelerator accelerator, double usedGigabytesBefore)
    {
        using IDisposable inference = inference_mode();
        int scales = size.Schedule.Count;
        var tokens = new int[scales];
        double whole = Medians.Of(Repeat(() => [Pass(accelerator, attentionOnly: false, waitForScales: false, tokens).Sum()]).Select(pass => pass[0]));
        double[][] total = Repeat(() => Pass(accelerator, attentionOnly: false, waitForScales: true, tokens));
        double[][] attention = Repeat(() => Pass(accelerator, attentionOnly: true, waitForScales: true, tokens));
        return new ModeFigures
        {
            Mode = mode.Name,
            StackMilliseconds = whole,
            Scales = [.. Enumerable.Range(0, scales).Select(scale => new ScaleFigures
            {
                Scale = scale,
                Grid = size.Schedule[scale].ToString(),
                Tokens = tokens[scale],
                Milliseconds = Medians.Of(total.Select(pass => pass[scale])),
                AttentionMilliseconds = Medians.Of(attention.Select(pass => pass[scale])),
            })],
            UsedGigabytesBefore = usedGigabytesBefore,
            UsedGigabytes = DeviceUse.Gigabytes(device),
        };
    }

    private double[][] Repeat(Func<double[]> pass) =>
        [.. Enumerable.Range(0, WarmUps + repeats).Select(_ => pass()).ToArray().Skip(WarmUps)];

    /// <summary>Milliseconds of each scale; where nothing waits between them, those of the whole pass are at the last one.</summary>
    private double[] Pass(VarAccelerator accelerator, bool attentionOnly, bool waitForScales, int[] tokens)
    {
        using VarGeneration generation = accelerator.Begin(size.Schedule, size.Layers, size.Heads, guided: false);
        var times = new double[size.Schedule.Count];
        DeviceUse.Wait(device);
        long start = Stopwatch.GetTimestamp();
        for (int scale = 0; scale < times.Length; scale++)
        {
            ScaleStep step = generation.BeginScale(scale);
            tokens[scale] = step.TokenCount;
            if (attentionOnly)
                stack.RunAttention(step.TokenCount, generation);
            else
                stack.Run(step.TokenCount, generation).Dispose();
            if (!waitForScales && scale < times.Length - 1)
                continue;
            DeviceUse.Wait(device);
            times[scale] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            start = Stopwatch.GetTimestamp();
        }

        return times;
    }
}
