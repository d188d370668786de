using System.Text.Json;
using TorchSharp;
using VarSparse.Patterns;
using VarSparse.Samples.QuickStart;
using VarSparse.Samples.Safetensors;
using VarSparse.Torch;
using static TorchSharp.torch;

namespace VarSparse.Samples.Tests.QuickStart;

public sealed class QuickStartTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public void Attention_over_all_keys_reproduces_what_the_model_computed(int queryScale)
    {
        using DisposeScope scope = NewDisposeScope();
        using AttentionLayer layer = AttentionLayer.Load(queryScale);
        SparsePattern everything = SparsePattern.Dense((int)layer.Queries.shape[2], (int)layer.Keys.shape[2]);
        Tensor output = SparseAttention.Apply(layer.Queries, layer.Keys, layer.Values, everything, AttentionLayer.Scale);

        using SafetensorsFile file = SafetensorsFile.Open(AttentionLayer.DataFile);
        Tensor rows = tensor(file.Values<int>($"attn_rows_{queryScale}").ToArray().Select(row => (long)row).ToArray());
        Tensor expected = tensor(file.ToFloats($"attn_out_{queryScale}")).reshape(1, layer.Heads, 64, layer.HeadDimension);
        float worst = (output.index_select(2, rows) - expected).abs().max().ToSingle();
        Assert.InRange(worst, 0, 2e-5f * expected.abs().max().ToSingle());
    }

    [Fact]
    public void Windows_over_everything_give_the_dense_result()
    {
        Report report = Run("--scale", "10", "--windows", "99,99,99,99,99,99,99,99,99,99,99");
        Assert.Equal(1, report.Density);
        Assert.InRange(report.RelativeError, 0, 1e-5);
        Assert.InRange(report.CosineSimilarity, 1 - 1e-9, 1 + 1e-9);
    }

    [Fact]
    public void Narrower_windows_cost_accuracy_and_are_reported_so()
    {
        Report narrow = Run("--scale", "10", "--windows", "1", "--sinks", "3");
        Report wide = Run("--scale", "10", "--windows", "15,25,25", "--sinks", "3");
        Assert.InRange(narrow.RelativeError, wide.RelativeError, 2);
        Assert.InRange(wide.RelativeError, 1e-3, 1);
        Assert.InRange(narrow.CosineSimilarity, 0, wide.CosineSimilarity);
        Assert.InRange(narrow.Density, 1e-3, wide.Density);
    }

    [Fact]
    public void The_program_writes_its_picture_and_figures()
    {
        using TemporaryFolder folder = new();
        string json = Path.Combine(folder.Path, "figures.json");
        object? exitCode = typeof(CommandLine).Assembly.EntryPoint!.Invoke(
            null, [new[] { "--scale", "10", "--threads", "1", "--out", Path.Combine(folder.Path, "new"), "--json", json }]);

        Assert.Equal(0, exitCode);
        Assert.True(new FileInfo(Path.Combine(folder.Path, "new", "quickstart-pattern.png")).Length > 10_000);
        JsonElement figures = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        Assert.Equal(12, figures.EnumerateObject().Count());
        Assert.EndsWith(", 1 thread", figures.GetProperty("device").GetString());
        Assert.Contains("1600 queries x 4121 keys", figures.GetProperty("geometry").GetString());
        Assert.Equal(64, figures.GetProperty("headDimension").GetInt32());
        Assert.Equal(
            figures.GetProperty("denseMilliseconds").GetDouble() / figures.GetProperty("sparseMilliseconds").GetDouble(),
            figures.GetProperty("speedup").GetDouble(),
            precision: 9);
    }

    private static Report Run(params string[] args)
    {
        Report? report = null;
        int exitCode = new CommandLine().Run(args, TextWriter.Null, settings =>
        {
            using AttentionLayer layer = AttentionLayer.Load(settings.QueryScale);
            report = Comparison.Run(layer, CrossScaleLocal.Create(AttentionLayer.Schedule, settings.QueryScale, settings.Pattern), settings);
        });
        Assert.Equal(0, exitCode);
        return report!;
    }
}
