using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>What the command line asks for.</summary>
internal sealed record StudySettings
{
    public required IReadOnlyList<int> Labels { get; init; }

    public required IReadOnlyList<int> Seeds { get; init; }

    public required IReadOnlyList<Variant> Variants { get; init; }

    public required Device Device { get; init; }

    /// <summary>What the model's blocks compute in; the study's attention is float32 always.</summary>
    public required ScalarType Type { get; init; }

    public required int Threads { get; init; }

    public required string? JsonFile { get; init; }
}
