using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.StackBenchmarks;

/// <summary>What a block costs the host; as JSON, exactly these fields in camel case.</summary>
internal sealed record HostFigures
{
    public required string Device { get; init; }

    public required string Type { get; init; }

    /// <summary>Whether normalisation and residuals were the library's, in one kernel each, or torch's.</summary>
    public required bool Fused { get; init; }

    /// <summary>Single steps of a block.</summary>
    public required IReadOnlyList<HostStep> Steps { get; init; }

    public required IReadOnlyList<HostMode> Modes { get; init; }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, HostFiguresJson.Default.HostFigures));
}

/// <summary>A torch operation or an attention call, alone.</summary>
internal sealed record HostStep(string Name, HostCost Cost)
{
    public override string ToString() => $"{Name}: {Cost}";
}

/// <summary>All of a block in one mode, and its attention with the cache's writes alone.</summary>
internal sealed record HostMode(string Mode, HostCost Block, HostCost Attention)
{
    public override string ToString() => $"{Mode}: block {Block}; attention {Attention}";
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
[JsonSerializable(typeof(HostFigures))]
internal sealed partial class HostFiguresJson : JsonSerializerContext;
