using VarSparse.Patterns;
using VarSparse.Torch.Hooks;

namespace VarSparse.Samples.EmojiVar;

/// <summary>How the parts of a policy work. Each part reads what concerns it.</summary>
internal sealed record PolicySettings
{
    public required double Rho { get; init; }

    public required double Delta { get; init; }

    /// <summary>Window of each source scale; null = the library's own.</summary>
    public required IReadOnlyList<int>? Windows { get; init; }

    /// <summary>On how many of the last scales csla and far act.</summary>
    public required int LocalScales { get; init; }

    /// <summary>How many of the first scales are seen whole.</summary>
    public required int SinkScales { get; init; }

    /// <summary>The patch of queries that share a key list.</summary>
    public required TileShape Tile { get; init; }

    public required MaskForm Mask { get; init; }

    /// <summary>What later queries find in place of the keys that ld left out.</summary>
    public required PrunedKeys PrunedKeys { get; init; }

    /// <summary>Rows and columns of a far-field block on each source scale; null = the library's own.</summary>
    public required IReadOnlyList<int>? BlockSides { get; init; }

    /// <summary>Beyond how many blocks around the window far-field blocks grow; empty = nowhere.</summary>
    public required IReadOnlyList<int> CoarserBeyond { get; init; }

    /// <summary>Share of the keys that cs4a picks.</summary>
    public required double Share { get; init; }

    /// <summary>Share of the attention that cs4a's picks hold, in place of a share of the keys; null = none.</summary>
    public required double? Coverage { get; init; }

    public required KeyAlignment Alignment { get; init; }

    /// <summary>Whether what far or cs4a misses at the scale before is added later; null = as the library does.</summary>
    public required bool? ResidualCache { get; init; }

    /// <summary>Runs of so many queries share what cs4a picked; null = tiles.</summary>
    public required int? RunLength { get; init; }

    /// <summary>How far around its tile a query of cs4a also sees its own scale; null = not.</summary>
    public required int? Margin { get; init; }

    /// <summary>Which layers a kind of attention computes; null = all.</summary>
    public required IReadOnlySet<int>? Layers { get; init; }

    /// <summary>Which heads, of every layer, a kind of attention computes; null = all.</summary>
    public required IReadOnlySet<int>? Heads { get; init; }

    /// <summary>True for the mix of the paper, false for the library's own default.</summary>
    public required bool PaperMix { get; init; }
}
