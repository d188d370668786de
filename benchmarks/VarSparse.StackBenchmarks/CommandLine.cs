using System.CommandLine;
using System.Globalization;
using VarSparse.Torch.Hooks;
using static TorchSharp.torch;

namespace VarSparse.StackBenchmarks;

/// <summary>The program's options and what it prints.</summary>
internal static class CommandLine
{
    private const int BadOptions = 2;

    /// <returns>0, or 2 for bad options, with one line that says why.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        Option<string> model = new("--model") { Description = "2b, 8b (Infinity's sizes) or tiny", DefaultValueFactory = _ => "2b" };
        Option<string> device = new("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cuda" };
        Option<string> dtype = new("--dtype") { Description = "bf16, fp16 or fp32", DefaultValueFactory = _ => "bf16" };
        Option<int> batch = new("--batch") { Description = "rows: 2 for one image with guidance", DefaultValueFactory = _ => 2 };
        Option<string> mode = new("--mode") { Description = "what to compare, with commas: dense, csla, far, cs4a, ld, csla+ld", DefaultValueFactory = _ => "dense,csla,csla+ld" };
        Option<double> kept = new("--kept") { Description = "ld: share of the last three scales' tokens that is computed", DefaultValueFactory = _ => 0.45 };
        Option<int> repeats = new("--repeats") { Description = "passes of which medians are taken", DefaultValueFactory = _ => 7 };
        Option<int> seed = new("--seed") { Description = "what weights and tokens depend on", DefaultValueFactory = _ => 1 };
        Option<string> fused = new("--fused") { Description = "on, or off for torch's own normalisation and residuals", DefaultValueFactory = _ => "on" };
        Option<bool> host = new("--host") { Description = "time the host instead, by block of a stack so small that kernels take no time; one thread on the CPU" };
        Option<string?> json = new("--json") { Description = "file for the figures" };
        RootCommand root = new("Times a VAR transformer's stack with random weights, scale by scale.") { model, device, dtype, batch, mode, kept, repeats, seed, fused, host, json };
        root.SetAction(result =>
        {
            StackSize size = StackSize.All.FirstOrDefault(known => known.Name == result.GetValue(model))
                ?? throw new FormatException($"--model: got '{result.GetValue(model)}', expected {string.Join(", ", StackSize.All.Select(known => known.Name))}");
            Mode[] modes = [.. result.GetValue(mode)!.Split(',').Select(Mode.Parse)];
            RequireAbove("--batch", result.GetValue(batch), 0);
            RequireAbove("--repeats", result.GetValue(repeats), 0);
            RequireAbove("--kept", result.GetValue(kept), 0);
            bool isFused = IsOn("--fused", result.GetValue(fused)!);
            if (result.GetValue(host))
            {
                HostFigures costs = MeasureHost(
                    TorchNames.DeviceOf(result.GetValue(device)!), TorchNames.TypeOf(result.GetValue(dtype)!), result.GetValue(batch), modes, result.GetValue(kept),
                    result.GetValue(repeats), result.GetValue(seed), isFused, output);
                if (result.GetValue(json) is { } file)
                    costs.Write(file);
                return;
            }

            StackFigures figures = Measure(
                size, TorchNames.DeviceOf(result.GetValue(device)!), TorchNames.TypeOf(result.GetValue(dtype)!), result.GetValue(batch), modes, result.GetValue(kept),
                result.GetValue(repeats), result.GetValue(seed), isFused, output);
            if (result.GetValue(json) is { } path)
                figures.Write(path);
        });
        try
        {
            ParseResult parsed = root.Parse(args);
            if (parsed.Errors.Count > 0)
                throw new FormatException(parsed.Errors[0].Message);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (FormatException e)
        {
            errors.WriteLine($"error: {e.Message}");
            return BadOptions;
        }
    }

    private static StackFigures Measure(
        StackSize size, Device device, ScalarType type, int batch, Mode[] modes, double kept, int repeats, int seed, bool fused, TextWriter output)
    {
        using Stack stack = new(size, batch, device, type, seed, Steps(fused));
        double before = DeviceUse.Gigabytes(device);
        StackBench bench = new(stack, size, device, repeats);
        bench.WarmUp(modes[0].Accelerator(size.Schedule, kept, seed));
        List<ModeFigures> figures = [];
        foreach (Mode mode in modes)
        {
            VarAccelerator accelerator = mode.Accelerator(size.Schedule, kept, seed);
            figures.Add(bench.Measure(mode, accelerator, before));
            Print(figures[^1], figures[0], output);
        }

        return new StackFigures
        {
            Model = size.Name,
            Device = device.ToString(),
            Type = type.ToString(),
            Batch = batch,
            Fused = fused,
            Kept = kept,
            Seed = seed,
            Repeats = repeats,
            Modes = figures,
        };
    }

    private static HostFigures MeasureHost(
        Device device, ScalarType type, int batch, Mode[] modes, double kept, int repeats, int seed, bool fused, TextWriter output)
    {
        int threads = get_num_threads();
        set_num_threads(1);
        try
        {
            using Stack stack = new(StackSize.Host, batch, device, type, seed, Steps(fused));
            HostBench bench = new(stack, StackSize.Host, device, repeats);
            List<HostMode> figures = [];
            foreach (Mode mode in modes)
            {
                figures.Add(bench.Measure(mode, mode.Accelerator(StackSize.Host.Schedule, kept, seed)));
                output.WriteLine(figures[^1]);
            }

            IReadOnlyList<HostStep> steps = HostSteps.Measure(StackSize.Host, batch, device, type, repeats);
            foreach (HostStep step in steps)
                output.WriteLine(step);
            return new HostFigures { Device = device.ToString(), Type = type.ToString(), Fused = fused, Steps = steps, Modes = figures };
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private static void Print(ModeFigures mode, ModeFigures first, TextWriter output)
    {
        void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        foreach (ScaleFigures scale in mode.Scales)
            Line($"{mode.Mode} scale {scale.Scale} ({scale.Grid}): {scale.Tokens} tokens, {scale.Milliseconds:F3} ms, attention {scale.AttentionMilliseconds:F3} ms");
        Line($"{mode.Mode}: stack {mode.StackMilliseconds:F2} ms, {first.StackMilliseconds / mode.StackMilliseconds:F2}x of {first.Mode}, attention of the last {Mode.LastScales} scales {mode.LastAttentionShare:P1}, device memory {mode.UsedGigabytesBefore:F2} GB before, {mode.UsedGigabytes:F2} GB after");
    }

    private static IBlockSteps Steps(bool fused) => fused ? new FusedSteps() : new TorchSteps();

    private static bool IsOn(string option, string value) => value switch
    {
        "on" => true,
        "off" => false,
        _ => throw new FormatException($"{option}: got '{value}', expected on or off"),
    };

    private static void RequireAbove(string option, double value, double least)
    {
        if (!(value > least))
            throw new FormatException(FormattableString.Invariant($"{option}: got {value}, expected above {least}"));
    }
}
