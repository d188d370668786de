using System.Text.Json;
using System.Text.Json.Serialization;
using VarSparse.Samples.EmojiVar;

namespace VarSparse.FarFieldStudy;

/// <summary>One run of the program; as JSON, exactly these fields in camel case.</summary>
internal sealed record StudyFigures
{
    public required string Device { get; init; }

    /// <summary>What the model's blocks computed in.</summary>
    public required string Type { get; init; }

    public required IReadOnlyList<VariantFigures> Variants { get; init; }

    public required IReadOnlyList<StudyImage> Images { get; init; }

    public static StudyFigures Of(StudySettings settings, IReadOnlyList<StudyImage> images) => new()
    {
        Device = settings.Device.ToString(),
        Type = settings.Type.ToString(),
        Variants = VariantFigures.Of(images),
        Images = images,
    };

    public void Write(string path) => WholeFile.Write(path, stream => JsonSerializer.Serialize(stream, this, StudyFiguresJson.Default.StudyFigures));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StudyFigures))]
internal sealed partial class StudyFiguresJson : JsonSerializerContext;
