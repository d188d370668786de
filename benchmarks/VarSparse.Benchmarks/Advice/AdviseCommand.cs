using System.CommandLine;
using VarSparse.Geometry;
using VarSparse.StackBenchmarks;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Advice;

/// <summary>Measures a few seconds and says which attention to take at the last scales.</summary>
internal static class AdviseCommand
{
    private const int MostHeads = 1024;

    public static Command Create(TextWriter output)
    {
        Option<string> geometry = new("--geometry")
        {
            Description = $"{string.Join(", ", Geometries.Names)}, or sides of square grids, such as 1,2,4,8",
            DefaultValueFactory = _ => "infinity-1m",
        };
        Option<int> heads = new("--heads") { Description = "attention heads of a layer", DefaultValueFactory = _ => 16 };
        Option<int> dimension = new("--head-dimension") { Description = "of one head: a multiple of 8, at most 256", DefaultValueFactory = _ => 128 };
        Option<int> batch = new("--batch") { Description = "rows: 2 for one image with guidance", DefaultValueFactory = _ => 2 };
        Option<string?> dtype = new("--dtype") { Description = "bf16, fp16 or fp32; without it bf16 on a GPU, else fp32" };
        Option<string?> device = new("--device") { Description = "cpu, cuda or cuda:N; without it cuda where torch finds one, else cpu" };
        Option<int> scales = new("--scales") { Description = "how many of the last scales", DefaultValueFactory = _ => 3 };
        Command command = new("advise", "Measures a few seconds and says which attention to take at the last scales.")
        {
            geometry, heads, dimension, batch, dtype, device, scales,
        };
        command.SetAction(parsed =>
        {
            ScaleSchedule schedule = Geometries.Parse(parsed.GetValue(geometry)!);
            int headDimension = InRange(parsed, dimension, 8, 256);
            if (headDimension % 8 != 0)
                throw new FormatException($"{dimension.Name}: got {headDimension}, expected a multiple of 8 up to 256");
            Device where = TorchNames.DeviceOf(parsed.GetValue(device) ?? (cuda.is_available() ? "cuda" : "cpu"));
            string type = parsed.GetValue(dtype) ?? (where.type == TorchSharp.DeviceType.CUDA ? "bf16" : "fp32");
            Advise(
                new Problem(
                    parsed.GetValue(geometry)!, schedule, InRange(parsed, batch, 1, MostHeads), InRange(parsed, heads, 1, MostHeads), headDimension, type,
                    TorchNames.TypeOf(type), where, InRange(parsed, scales, 1, schedule.Count)),
                output);
        });
        return command;
    }

    private static void Advise(Problem problem, TextWriter output)
    {
        var bench = new AdviceBench(problem, [.. Candidate.Local, .. Candidate.Far]);
        IReadOnlyList<ScaleTimes> times = bench.Measure();
        new AdviceText(problem, times, bench.MeasuredHeads).Write(output);
    }

    private static int InRange(ParseResult parsed, Option<int> option, int least, int most)
    {
        int value = parsed.GetValue(option);
        return value >= least && value <= most ? value : throw new FormatException($"{option.Name}: got {value}, expected {least} to {most}");
    }
}
