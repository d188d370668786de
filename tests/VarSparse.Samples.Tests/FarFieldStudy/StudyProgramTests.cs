using System.Text.Json;
using VarSparse.FarFieldStudy;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.Tests.EmojiVar;
using static TorchSharp.torch;

namespace VarSparse.Samples.Tests.FarFieldStudy;

public sealed class StudyProgramTests
{
    [Fact]
    public void Compares_every_variant_with_the_dense_image()
    {
        StudySettings settings = new()
        {
            Labels = [0, 2],
            Seeds = [1],
            Variants = [Variant.Parse("first"), Variant.Parse("mass+exact-values")],
            Device = CPU,
            Type = ScalarType.Float32,
            Threads = 1,
            JsonFile = null,
        };
        using VarModel model = TinyModel.Load();
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "study.json");
        StudyFigures figures = StudyFigures.Of(settings, [.. new Study(model, settings).Run()]);
        figures.Write(path);

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(6, json.RootElement.GetProperty("images").GetArrayLength());
        Assert.Equal(["far", "first", "mass+exact-values"], json.RootElement.GetProperty("variants").EnumerateArray().Select(variant => variant.GetProperty("variant").GetString()));
        Assert.All(figures.Variants, variant => Assert.Equal(2, variant.Images));
        Assert.Equal(figures.Variants[0].Work, figures.Variants[1].Work, 1e-12);
    }

    [Theory]
    [InlineData("--variant: got 'third', expected first, or some", "--variant", "third")]
    [InlineData("--variant: got 'second+mass'", "--variant", "second+mass")]
    [InlineData("--variant: got 'graded-3-1'", "--variant", "graded-3-1")]
    [InlineData("--variant: got 'graded-1-2-3'", "--variant", "graded-1-2-3")]
    [InlineData("--label: there is no 'bc'", "--label", "bc")]
    [InlineData("--device: got 'gpu'", "--device", "gpu")]
    [InlineData("--dtype: got 'int8'", "--dtype", "int8")]
    [InlineData("--threads: got 0, expected at least 1", "--threads", "0")]
    public void Bad_options_give_one_line_and_exit_code_2(string expected, params string[] args)
    {
        using TemporaryFolder folder = new();
        TinyModel.Write(folder.Path);
        using StringWriter errors = new();
        Assert.Equal(2, CommandLine.Run(["--label", "a", .. args], folder.Path, errors, _ => Assert.Fail("ran")));
        Assert.StartsWith($"error: {expected}", Assert.Single(errors.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)));
    }
}
