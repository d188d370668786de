using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using VarSparse.Geometry;

namespace VarSparse.Samples.EmojiVar.Model;

/// <summary>Sizes of a VAR model, from the config.json beside its weights. Fields that only training needs are ignored.</summary>
internal sealed record VarConfig
{
    public const string FileName = "config.json";

    private const int LargestFile = 1 << 20;
    private const int LongestMessage = 400;

    /// <summary>Side of each scale's square grid of tokens, from coarse to fine.</summary>
    [JsonPropertyName("patch_nums")]
    public required int[] Sides { get; init; }

    public required int Depth { get; init; }

    [JsonPropertyName("embed_dim")]
    public required int Width { get; init; }

    [JsonPropertyName("num_heads")]
    public required int Heads { get; init; }

    // Fields that may be absent are settable: generated JSON code sets init-only ones to zero instead of leaving their default.
    public double MlpRatio { get; set; } = 4;

    public double NormEps { get; set; } = 1e-6;

    [JsonPropertyName("num_classes")]
    public required int Classes { get; init; }

    /// <summary>All blocks share one conditioning layer (VAR-512, emoji-var) instead of one each (VAR-256).</summary>
    [JsonPropertyName("shared_aln")]
    public required bool SharedAdaLn { get; init; }

    /// <summary>Queries and keys are normalised, with a learnt scale for each head.</summary>
    [JsonPropertyName("attn_l2_norm")]
    public required bool NormalisedAttention { get; init; }

    [JsonPropertyName("vqvae")]
    public required VqVaeConfig VqVae { get; init; }

    /// <summary>Names of the classes by number; absent in the published checkpoints.</summary>
    public string[]? ClassNames { get; init; }

    /// <summary>The class names; numbers where there are none.</summary>
    [JsonIgnore]
    public LabelNames Names =>
        new(ClassNames ?? [.. Enumerable.Range(0, Classes).Select(label => label.ToString(CultureInfo.InvariantCulture))]);

    [JsonIgnore]
    public ScaleSchedule Schedule => ScaleSchedule.FromSides(Sides);

    [JsonIgnore]
    public int HeadDimension => Width / Heads;

    [JsonIgnore]
    public int MlpWidth => (int)Math.Round(Width * MlpRatio);

    /// <summary>Side of the latent that the scales add up to.</summary>
    [JsonIgnore]
    public int LatentSide => Sides[^1];

    /// <exception cref="InvalidDataException">The file is no valid configuration; the message says why.</exception>
    public static VarConfig Read(string path)
    {
        // Asked before the file is opened: opening a pipe would wait for a writer.
        long length = new FileInfo(path).Length;
        if (length is < 1 or > LargestFile)
            throw new InvalidDataException($"{path}: has {length} bytes, expected 1 to {LargestFile}");
        try
        {
            VarConfig config = JsonSerializer.Deserialize(File.ReadAllText(path), VarConfigJson.Default.VarConfig)
                ?? throw new InvalidDataException($"{path}: is null, expected an object");
            config.Check(path);
            return config;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: {Clean(e.Message)}", e);
        }
    }

    /// <summary>One short line: the reader's messages quote the file, which may hold anything.</summary>
    private static string Clean(string message)
    {
        string line = new([.. message.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
        return line.Length <= LongestMessage ? line : $"{line.AsSpan(0, LongestMessage)}...";
    }

    private void Check(string path)
    {
        ConfigCheck check = new(path);
        check.InRange("patch_nums", Sides.Length, 2, 64, "scales");
        for (int i = 0; i < Sides.Length; i++)
            check.InRange($"patch_nums[{i}]", Sides[i], i == 0 ? 1 : Sides[i - 1] + 1, 256);
        check.InRange("depth", Depth, 1, 256);
        check.InRange("embed_dim", Width, 1, 1 << 15);
        check.InRange("num_heads", Heads, 1, Width);
        check.Divides("num_heads", Heads, "embed_dim", Width);
        check.InRange("mlp_ratio", MlpRatio, 0.1, 64);
        check.InRange("norm_eps", NormEps, 0, 1);
        check.InRange("num_classes", Classes, 1, 1 << 20);
        if (ClassNames is not null)
        {
            check.InRange("class_names", ClassNames.Length, Classes, Classes, "names");
            if (ClassNames.AsSpan().Contains(null!))
                throw new InvalidDataException($"{path}: class_names holds null, expected names");
        }

        VqVae.Check(check);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(VarConfig))]
internal sealed partial class VarConfigJson : JsonSerializerContext;
