using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.Samples.QuickStart;

/// <summary>The figures of one comparison; as JSON, exactly these fields in camel case.</summary>
internal sealed record Report
{
    public required string Device { get; init; }

    public required string Geometry { get; init; }

    public required int QueryScale { get; init; }

    public required int Heads { get; init; }

    public required int HeadDimension { get; init; }

    /// <summary>Visible query-key pairs over all pairs, 0 to 1.</summary>
    public required double Density { get; init; }

    public required double DenseMilliseconds { get; init; }

    public required double SparseMilliseconds { get; init; }

    public required double Speedup { get; init; }

    /// <summary>|sparse - dense| / |dense| over the whole output.</summary>
    public required double RelativeError { get; init; }

    public required double CosineSimilarity { get; init; }

    /// <summary>Time to build the pattern, warm.</summary>
    public required double PatternMilliseconds { get; init; }

    public void WriteJson(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, ReportJson.Default.Report) + "\n");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
