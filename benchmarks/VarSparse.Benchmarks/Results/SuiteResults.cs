using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.Benchmarks.Results;

/// <summary>One run of the suite; as JSON, exactly these fields in camel case.</summary>
internal sealed record SuiteResults
{
    public required Machine Machine { get; init; }

    /// <summary>The arguments of the program.</summary>
    public required string Command { get; init; }

    public required DateOnly Date { get; init; }

    /// <summary>Of the whole run.</summary>
    public required double Seconds { get; init; }

    public required int Seed { get; init; }

    public required int Batch { get; init; }

    public required int Heads { get; init; }

    /// <summary>Of the groups that have no such parameter.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Likewise.</summary>
    public required string Type { get; init; }

    public required IReadOnlyList<CaseResult> Cases { get; init; }

    /// <exception cref="FormatException">The file holds something else.</exception>
    public static SuiteResults Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, ResultsJson.Default.SuiteResults)!;
        }
        catch (JsonException e)
        {
            throw new FormatException($"results: {path} is no file that the suite wrote ({e.Message})", e);
        }
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, ResultsJson.Default.SuiteResults) + "\n");
    }
}

/// <summary>How results are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, IgnoreReadOnlyProperties = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SuiteResults))]
internal sealed partial class ResultsJson : JsonSerializerContext;
