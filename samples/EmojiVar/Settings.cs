using VarSparse.Patterns;
using VarSparse.Torch.Hooks;
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

    public required double Rho { get; init; }

    public required double Delta { get; init; }

    /// <summary>Window of each source scale; null = the library's own.</summary>
    public required IReadOnlyList<int>? Windows { get; init; }

    /// <summary>On how many of the last scales csla and far act.</summary>
    public required int LocalScales { get; init; }

    /// <summary>How many of the first scales csla and far see whole.</summary>
    public required int SinkScales { get; init; }

    /// <summary>The patch of queries of csla and far that share a key list.</summary>
    public required TileShape Tile { get; init; }

    public required MaskForm Mask { get; init; }

    /// <summary>What later queries find in place of the keys that ld left out.</summary>
    public required PrunedKeys PrunedKeys { get; init; }

    /// <summary>Rows and columns of a far-field block on each source scale; null = the library's own.</summary>
    public required IReadOnlyList<int>? BlockSides { get; init; }

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
