using VarSparse.Benchmarks;
using VarSparse.Benchmarks.Results;

namespace VarSparse.Samples.Tests.Benchmarks;

public sealed class BenchmarkProgramTests
{
    [Theory]
    [InlineData("--geometry: got 'var', expected var-256, ", "advise", "--geometry", "var")]
    [InlineData("--geometry: got '1,0'", "advise", "--geometry", "1,0")]
    [InlineData("--heads: got 0, expected 1 to 1024", "advise", "--heads", "0")]
    [InlineData("--head-dimension: got 20, expected a multiple of 8 up to 256", "advise", "--head-dimension", "20")]
    [InlineData("--dtype: got 'int8', expected bf16, fp16 or fp32", "advise", "--device", "cpu", "--dtype", "int8")]
    [InlineData("--device: got 'gpu', expected cpu, cuda or cuda:N", "advise", "--device", "gpu")]
    [InlineData("--scales: got 5, expected 1 to 4", "advise", "--geometry", "1,2,4,8", "--scales", "5")]
    [InlineData("advise: got '--speed', expected an option that --help lists", "advise", "--speed")]
    [InlineData("results: got nowhere.json, expected a file that the suite wrote", "report", "nowhere.json")]
    [InlineData("got the command 'advice', expected report, advise, or none", "advice")]
    [InlineData("got '--speed', expected --full, --device, --json or options of BenchmarkDotNet", "--speed")]
    [InlineData("--device: got 'gpu'", "--device", "gpu")]
    public void Bad_options_give_one_line_and_exit_code_2(string expected, params string[] args)
    {
        using StringWriter errors = new();
        Assert.Equal(2, BenchmarkProgram.Run(args, TextWriter.Null, errors));
        Assert.StartsWith($"error: {expected}", Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void A_file_that_is_no_results_is_named()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("results.json", "[]"u8);
        using StringWriter errors = new();

        Assert.Equal(2, BenchmarkProgram.Run(["report", path], TextWriter.Null, errors));
        Assert.StartsWith($"error: results: {path} is no file that the suite wrote", errors.ToString());
    }

    [Fact]
    public void Advice_names_device_problem_and_choice()
    {
        using StringWriter output = new();
        string[] args = ["advise", "--geometry", "1,2,4,8,16,24", "--heads", "2", "--head-dimension", "32", "--batch", "1", "--device", "cpu", "--scales", "2"];

        Assert.Equal(0, BenchmarkProgram.Run(args, output, TextWriter.Null));

        string text = output.ToString();
        Assert.Contains("1,2,4,8,16,24: batch 1, 2 heads of 32, fp32", text);
        Assert.Contains("dense, torch ", text);
        Assert.Contains("scale 4 (16x16): ", text);
        Assert.Contains("scale 5 (24x24): ", text);
        Assert.Contains("attention of the last 2 scales: ", text);
    }

    [Fact]
    public void The_suite_leaves_results_that_become_a_page()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "run.json");
        using StringWriter output = new();
        string[] suite = ["--device", "cpu", "--json", path, "--filter", "*DensityBenchmarks*", "*ScoringBenchmarks.Refinement*", "--artifacts", folder.Path];

        Assert.Equal(0, BenchmarkProgram.Run(suite, output, output));
        SuiteResults results = SuiteResults.Read(path);
        Assert.Equal(0, BenchmarkProgram.Run(["report", path], output, output));

        CaseResult[] dense = [.. results.Cases.Where(result => result.Method == "TorchDense")];
        Assert.Equal(5, dense.Length);
        Assert.All(dense, result => Assert.Equal((1, 1.0), (result.SpeedUp, result.Facts!.Density)));
        CaseResult[] sparse = [.. results.Cases.Where(result => result.Method == "CrossScaleLocalAttention")];
        Assert.Equal(sparse.OrderBy(result => result.Facts!.Density), sparse);
        Assert.All(sparse, result => Assert.True(result is { Milliseconds: > 0, PeakShare: > 0, SpeedUp: > 0, Facts.DeviceMilliseconds: null }, $"{result}"));
        Assert.Equal(3, results.Cases.Count(result => result is { Method: "Refinement", Facts: null, SpeedUp: null }));
        string page = File.ReadAllText(Path.Combine(folder.Path, "run.md"));
        Assert.Contains($"| processor | {results.Machine.Processor} |", page);
        Assert.Contains($"`VarSparse.Benchmarks {string.Join(' ', suite)}`", page);
        Assert.Contains("## Density", page);
        Assert.Contains("![Speed-up over torch's dense attention](run-speed-up.svg)", page);
        Assert.True(File.Exists(Path.Combine(folder.Path, "run-speed-up.svg")));
    }
}
