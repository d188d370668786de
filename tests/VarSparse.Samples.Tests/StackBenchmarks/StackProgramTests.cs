using System.Text.Json;
using VarSparse.StackBenchmarks;

namespace VarSparse.Samples.Tests.StackBenchmarks;

public sealed class StackProgramTests
{
    [Theory]
    [InlineData("on")]
    [InlineData("off")]
    public void Times_every_mode_scale_by_scale(string fused)
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "stack.json");
        using StringWriter errors = new();
        int exitCode = CommandLine.Run(
            ["--model", "tiny", "--device", "cpu", "--mode", "dense,csla+ld", "--kept", "0.5", "--repeats", "1", "--fused", fused, "--json", path], TextWriter.Null, errors);

        Assert.Equal((0, ""), (exitCode, errors.ToString()));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(fused == "on", json.RootElement.GetProperty("fused").GetBoolean());
        JsonElement[] modes = [.. json.RootElement.GetProperty("modes").EnumerateArray()];
        Assert.Equal(["dense", "csla+ld"], modes.Select(mode => mode.GetProperty("mode").GetString()));
        Assert.Equal([1, 4, 16, 36, 64, 144], Tokens(modes[0]));
        Assert.Equal([1, 4, 16, 18, 32, 72], Tokens(modes[1]));
        Assert.All(modes, mode => Assert.InRange(mode.GetProperty("lastAttentionShare").GetDouble(), 1e-9, 100));
    }

    [Fact]
    public void Times_the_host_by_block()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "host.json");
        using StringWriter errors = new();
        int exitCode = CommandLine.Run(
            ["--host", "--device", "cpu", "--dtype", "fp32", "--mode", "dense,csla,far,cs4a,ld", "--repeats", "1", "--json", path], TextWriter.Null, errors);

        Assert.Equal((0, ""), (exitCode, errors.ToString()));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        JsonElement[] modes = [.. json.RootElement.GetProperty("modes").EnumerateArray()];
        Assert.Equal(["dense", "csla", "far", "cs4a", "ld"], modes.Select(mode => mode.GetProperty("mode").GetString()));
        Assert.All(modes, mode => Assert.InRange(Tensors(mode, "attention"), 1, Tensors(mode, "block") - 1));
        Assert.NotEmpty(json.RootElement.GetProperty("steps").EnumerateArray());

        static double Tensors(JsonElement mode, string part) => mode.GetProperty(part).GetProperty("tensors").GetDouble();
    }

    private static IEnumerable<int> Tokens(JsonElement mode) => mode.GetProperty("scales").EnumerateArray().Select(scale => scale.GetProperty("tokens").GetInt32());

    [Theory]
    [InlineData("--model: got '3b', expected 2b, 8b, tiny", "--model", "3b")]
    [InlineData("--mode: got 'fast', expected dense, or some of csla, far, cs4a, ld", "--mode", "fast")]
    [InlineData("--mode: got 'csla+csla'", "--mode", "csla+csla")]
    [InlineData("--dtype: got 'int8'", "--device", "cpu", "--dtype", "int8")]
    [InlineData("--device: got 'gpu'", "--device", "gpu")]
    [InlineData("--batch: got 0, expected above 0", "--batch", "0")]
    [InlineData("--fused: got 'yes', expected on or off", "--fused", "yes")]
    [InlineData("--kept: got 0, expected above 0", "--kept", "0")]
    public void Bad_options_give_one_line_and_exit_code_2(string expected, params string[] args)
    {
        using StringWriter errors = new();
        Assert.Equal(2, CommandLine.Run(args, TextWriter.Null, errors));
        Assert.StartsWith($"error: {expected}", Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)));
    }
}
