using System.Text.Json;
using System.Text.Json.Serialization;

namespace VarSparse.Samples.EmojiVar.Reports;

/// <summary>The figures of one image; as JSON, exactly these fields in camel case.</summary>
internal sealed record ImageFigures
{
    public required string Label { get; init; }

    public required int Seed { get; init; }

    /// <summary>"none", or what was combined, such as "csla+ld".</summary>
    public required string Policy { get; init; }

    public required double Seconds { get; init; }

    public required double DenseSeconds { get; init; }

    /// <summary>Dense seconds over seconds.</summary>
    public required double Speedup { get; init; }

    /// <summary>Decibels against the dense image; 100 if they are equal.</summary>
    public required double Psnr { get; init; }

    public required double Ssim { get; init; }

    /// <summary>Query-key pairs that attention saw over those of the dense model, all scales, layers and branches.</summary>
    public required double AttentionWork { get; init; }

    /// <summary>Decibels of the dense image against that of the run given with --reference; null without one.</summary>
    public double? ReferencePsnr { get; init; }

    /// <summary>How often policies waited for the device, all scales.</summary>
    public int HostReads { get; init; }

    /// <summary>The same at the scale where it was most often.</summary>
    public int MostHostReads { get; init; }

    public required int TokensComputed { get; init; }

    public required int TokensTotal { get; init; }

    public required int UnconditionalScalesDropped { get; init; }

    /// <exception cref="BadOptionException">There is no such file, or it holds something else.</exception>
    public static IReadOnlyList<ImageFigures> ReadJson(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, ImageFiguresJson.Default.IReadOnlyListImageFigures) is { Count: > 0 } images
                ? images
                : throw new BadOptionException($"summary: {path} has no images");
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException)
        {
            throw new BadOptionException($"summary: {path} is not a file that --json wrote: {e.Message}");
        }
    }

    public static void WriteJson(IReadOnlyList<ImageFigures> images, string path) =>
        WholeFile.Write(path, stream => JsonSerializer.Serialize(stream, images, ImageFiguresJson.Default.IReadOnlyListImageFigures));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<ImageFigures>))]
internal sealed partial class ImageFiguresJson : JsonSerializerContext;
