using System.Text.Json;
using VarSparse.Samples.QuickStart;

namespace VarSparse.Samples.Tests.QuickStart;

public sealed class ReportTests
{
    [Fact]
    public void Json_has_exactly_the_documented_fields()
    {
        Report report = new()
        {
            Device = "d",
            Geometry = "g",
            QueryScale = 12,
            Heads = 2,
            HeadDimension = 64,
            Density = 0.25,
            DenseMilliseconds = 20,
            SparseMilliseconds = 2,
            Speedup = 10,
            RelativeError = 0.5,
            CosineSimilarity = 0.75,
            PatternMilliseconds = 1.5,
        };
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "report.json");
        report.WriteJson(path);

        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(
            [
                "device=d", "geometry=g", "queryScale=12", "heads=2", "headDimension=64", "density=0.25", "denseMilliseconds=20",
                "sparseMilliseconds=2", "speedup=10", "relativeError=0.5", "cosineSimilarity=0.75", "patternMilliseconds=1.5",
            ],
            json.RootElement.EnumerateObject().Select(field => $"{field.Name}={field.Value}"));
    }
}
