namespace VarSparse.FarFieldStudy;

/// <summary>One image of a variant beside the dense image of the same label and seed.</summary>
internal sealed record StudyImage
{
    /// <summary>What the library's own far-field policy is called among the variants.</summary>
    public const string Library = "far";

    public required string Label { get; init; }

    public required int Seed { get; init; }

    public required string Variant { get; init; }

    /// <summary>Decibels against the dense image; 100 if they are equal.</summary>
    public required double Psnr { get; init; }

    /// <summary>Decibels against the image of the library's far-field policy.</summary>
    public required double PsnrToLibrary { get; init; }

    /// <summary>Tokens and summaries that queries saw over the pairs of dense attention, all scales, layers and branches.</summary>
    public required double Work { get; init; }

    /// <summary>Of the study's slow way to compute it.</summary>
    public required double Seconds { get; init; }
}
