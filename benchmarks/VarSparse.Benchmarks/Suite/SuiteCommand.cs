using System.CommandLine;
using System.Diagnostics;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.ConsoleArguments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using VarSparse.Benchmarks.Results;
using VarSparse.StackBenchmarks;
using static TorchSharp.torch;

namespace VarSparse.Benchmarks.Suite;

/// <summary>Runs the benchmarks and leaves their results in a file: what the program does without a command.</summary>
internal sealed class SuiteCommand(string[] args, TextWriter output)
{
    public const string DefaultResults = "out/benchmarks.json";

    private static readonly Type[] OnEveryDevice =
        [typeof(AttentionBenchmarks), typeof(DensityBenchmarks), typeof(ScaleBenchmarks), typeof(GenerationStepBenchmarks)];

    private static readonly Type[] OnCpuOnly = [typeof(PatternBenchmarks), typeof(IndexMappingBenchmarks), typeof(ScoringBenchmarks)];

    private readonly Option<bool> _full = new("--full") { Description = "all geometries, head dimensions and types, and more time for each" };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "cpu, cuda or cuda:N; without it cuda where torch finds one, else cpu",
    };

    private readonly Option<string> _json = new("--json") { Description = "file for the results", DefaultValueFactory = _ => DefaultResults };

    public RootCommand Create()
    {
        // What is left goes to BenchmarkDotNet, which has options of its own, such as --filter and --list.
        RootCommand root = new("Compares sparse and dense attention on this machine. Takes BenchmarkDotNet's options too, such as --filter '*Attention*'.")
        {
            _full, _device, _json,
        };
        root.TreatUnmatchedTokensAsErrors = false;
        root.SetAction(result => Run(result.GetValue(_full), result.GetValue(_device), result.GetValue(_json)!, [.. result.UnmatchedTokens]));
        return root;
    }

    private int Run(bool full, string? device, string json, string[] rest)
    {
        if (rest.Length > 0 && !rest[0].StartsWith('-'))
            throw new FormatException($"got the command '{rest[0]}', expected report, advise, or none for the suite");
        if (!ConfigParser.Parse(rest, NullLogger.Instance).isSuccess)
            throw new FormatException($"got '{string.Join(' ', rest)}', expected --full, --device, --json or options of BenchmarkDotNet");
        string name = device ?? (cuda.is_available() ? "cuda" : "cpu");
        _ = TorchNames.DeviceOf(name);
        Choice.Set(full, name);
        if (!Choice.OnGpu)
            output.WriteLine(device is null ? "no CUDA device: benchmarks on GPUs are skipped" : "benchmarks on the CPU alone");

        long start = Stopwatch.GetTimestamp();
        Type[] types = Choice.OnGpu ? OnEveryDevice : [.. OnEveryDevice, .. OnCpuOnly];
        Summary[] summaries = [.. BenchmarkSwitcher.FromTypes(types).Run(rest is [] ? ["--filter", "*"] : rest, Config(full))];
        CaseResult?[] cases = [.. summaries.SelectMany(summary => summary.BenchmarksCases.Select(benchmark => CaseResult.From(summary, benchmark)))];
        if (cases.Length == 0)
            return 0; // --list, or a filter that matches nothing: BenchmarkDotNet says so.
        Results([.. cases.OfType<CaseResult>()], Stopwatch.GetElapsedTime(start)).Write(json);
        output.WriteLine($"results: {json}; a page of them: report {json}");
        int failed = cases.Count(result => result is null);
        if (failed > 0)
            output.WriteLine($"{failed} of {cases.Length} benchmarks failed, see above");
        return failed > 0 ? 1 : 0;
    }

    /// <summary>
    /// In process: the natives of libtorch are found where the program was built, facts reach the columns, and a machine without an SDK can
    /// run this. Calls are repeated until an iteration takes a tenth of a second.
    /// </summary>
    private static ManualConfig Config(bool full) => ManualConfig.Create(DefaultConfig.Instance)
        .AddJob(Job.Default
            .WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(30), logOutput: true))
            .WithWarmupCount(full ? 2 : 1)
            .WithIterationCount(full ? 15 : 5)
            .WithIterationTime(TimeInterval.FromMilliseconds(100))
            .WithUnrollFactor(1))
        .AddColumn(CaseColumn.All);

    private SuiteResults Results(CaseResult[] cases, TimeSpan time) => new()
    {
        Machine = Machine.Describe(Choice.Device),
        Command = string.Join(' ', args),
        Date = DateOnly.FromDateTime(DateTime.UtcNow),
        Seconds = time.TotalSeconds,
        Seed = Choice.Seed,
        Batch = Choice.Batch,
        Heads = Choice.Heads,
        HeadDimension = Choice.MainHeadDimension,
        Type = Choice.MainType,
        Cases = cases,
    };
}
