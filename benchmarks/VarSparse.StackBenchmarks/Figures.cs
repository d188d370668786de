using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.StackBenchmarks;

/// <summary>One run of the program; as JSON, exactly these fields in camel case.</summary>
internal sealed record StackFigures
{
    public required string Model { get; init; }

    public required string Device { get; init; }

    public required string Type { get; init; }

    /// <summary>Whether normalisation and residuals were the library's, in one kernel each, or torch's.</summary>
    public required bool Fused { get; init; }

    public required int Batch { get; init; }

    public required double Kept { get; init; }

    public required int Seed { get; init; }

    public required int Repeats { get; init; }

    public required IReadOnlyList<ModeFigures> Modes { get; init; }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, FiguresJson.Default.StackFigures));
}

/// <summary>Medians of one mode.</summary>
internal sealed record ModeFigures
{
    public required string Mode { get; init; }

    /// <summary>All blocks at all scales, in one go.</summary>
    public required double StackMilliseconds { get; init; }

    public required IReadOnlyList<ScaleFigures> Scales { get; init; }

    /// <summary>Device memory in use after the weights were made, and after the mode's passes: the peak of all modes so far.</summary>
    public required double UsedGigabytesBefore { get; init; }

    public required double UsedGigabytes { get; init; }

    /// <summary>Attention of the last scales over all scales' time.</summary>
    public double LastAttentionShare => Scales.TakeLast(StackBenchmarks.Mode.LastScales).Sum(scale => scale.AttentionMilliseconds) / Scales.Sum(scale => scale.Milliseconds);
}

/// <summary>Medians of one scale.</summary>
internal sealed record ScaleFigures
{
    public required int Scale { get; init; }

    public required string Grid { get; init; }

    /// <summary>How many were computed.</summary>
    public required int Tokens { get; init; }

    /// <summary>All blocks.</summary>
    public required double Milliseconds { get; init; }

    /// <summary>Attention and the cache's writes alone.</summary>
    public required double AttentionMilliseconds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StackFigures))]
internal sealed partial class FiguresJson : JsonSerializerContext;
