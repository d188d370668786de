using System.Text.Json;

namespace VarSparse.Samples.Safetensors;

/// <summary>The *.index.json of a model in several files: which file holds which tensor.</summary>
internal static class ShardIndex
{
    private const int LongestIndex = 100_000_000;

    /// <summary>File name of the shard by tensor name.</summary>
    public static Dictionary<string, string> Read(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > LongestIndex)
            throw Problem.In(path, $"has {length} bytes; an index may have {LongestIndex}");
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Problem.In(path, $"is not a valid index: {e.Message}", e);
        }
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> json, string path)
    {
        Utf8JsonReader reader = new(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw Problem.In(path, "is not a JSON object");

        Dictionary<string, string>? shards = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMap = reader.ValueTextEquals("weight_map"u8);
            reader.Read();
            if (!isMap)
                reader.Skip();
            else if (shards is null)
                shards = ParseMap(ref reader, path);
            else
                throw Problem.In(path, "has weight_map twice");
        }

        reader.Read(); // Anything but white space after the object throws here.
        return shards ?? throw Problem.In(path, "has no weight_map");
    }

    private static Dictionary<string, string> ParseMap(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Problem.In(path, $"weight_map must be an object, not {reader.TokenType}");
        Dictionary<string, string> shards = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Problem.In(path, $"the file of {Problem.Quote(name)} must be a string, not {reader.TokenType}");
            string file = reader.GetString()!;
            if (shards.Count == SafetensorsHeader.MostEntries)
                throw Problem.In(path, $"weight_map has more than {SafetensorsHeader.MostEntries} tensors");
            if (!IsPlainFileName(file))
                throw Problem.In(path, $"{Problem.Quote(file)} is not the name of a .safetensors file in the same folder");
            if (!shards.TryAdd(name, file))
                throw Problem.In(path, $"has {Problem.Quote(name)} twice");
        }

        return shards;
    }

    // An index must not reach out of its own folder.
    private static bool IsPlainFileName(string file) =>
        file.EndsWith(".safetensors", StringComparison.Ordinal)
        && !file.AsSpan().ContainsAny('/', '\\', ':')
        && !file.Any(char.IsControl);
}
