using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.StackBenchmarks;

/// <summary>What one mode costs the host, by block.</summary>
internal sealed record HostFigures
{
    public required string Mode { get; init; }

    /// <summary>All of a block.</summary>
    public required HostCost Block { get; init; }

    /// <summary>Its attention and the cache's writes alone.</summary>
    public required HostCost Attention { get; init; }

    /// <summary>As JSON, exactly these fields in camel case.</summary>
    public static void Write(IReadOnlyList<HostFigures> modes, string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(modes, HostFiguresJson.Default.IReadOnlyListHostFigures));
}

/// <summary>Of one call.</summary>
internal sealed record HostCost
{
    /// <summary>The median.</summary>
    public required double Microseconds { get; init; }

    /// <summary>The mean: with garbage collections, and with what only a scale's first block does.</summary>
    public required double MeanMicroseconds { get; init; }

    /// <summary>Tensor objects made, views included.</summary>
    public required double Tensors { get; init; }

    public required double ManagedBytes { get; init; }

    public override string ToString() =>
        FormattableString.Invariant($"{Microseconds:F1} us (mean {MeanMicroseconds:F1}), {Tensors:F1} tensors, {ManagedBytes:F0} bytes");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<HostFigures>))]
internal sealed partial class HostFiguresJson : JsonSerializerContext;
