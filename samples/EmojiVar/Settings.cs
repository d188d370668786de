using static TorchSharp.torch;

namespace VarSparse.Samples.EmojiVar;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings
{
    public required IReadOnlyList<int> Labels { get; init; }

    public required IReadOnlyList<int> Seeds { get; init; }

    /// <summary>Guidance at the last scale.</summary>
    public required double Cfg { get; init; }

    /// <summary>How many codes are drawn from; 1 = always the most probable one, 0 = all.</summary>
    public required int TopK { get; init; }

    public required double TopP { get; init; }

    public required IReadOnlyList<Policy> Policies { get; init; }

    public required int Threads { get; init; }

    /// <summary>Where to compute.</summary>
    public required Device Device { get; init; }

    /// <summary>What the blocks' matrix products and attention compute in.</summary>
    public required ScalarType Type { get; init; }

    /// <summary>Folder of another run's pictures, whose dense images ours are compared with; null = none.</summary>
    public required string? Reference { get; init; }

    public required string OutFolder { get; init; }

    public required string? JsonFile { get; init; }

    public required bool Profile { get; init; }

    /// <summary>Measure where the attention of one dense generation lies.</summary>
    public required bool Report { get; init; }

    /// <summary>Count the calls into CUDA, scale by scale.</summary>
    public required bool Trace { get; init; }
}
