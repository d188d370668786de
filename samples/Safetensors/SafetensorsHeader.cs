using System.Collections.Immutable;
using System.Text.Json;

namespace VarSparse.Samples.Safetensors;

/// <summary>The JSON header of a safetensors file: read strictly, then checked against the bytes that follow it.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit; it also bounds what a hostile file can make us allocate.</summary>
    public const int LongestHeader = 100_000_000;

    /// <summary>Tensors, and texts of the metadata: an entry takes more memory than its name does in a file.</summary>
    public const int MostEntries = 1 << 16;

    private const int MostDimensions = 32;
    private const string MetadataName = "__metadata__";

    private static string Known => string.Join(", ", Enum.GetNames<ElementType>());

    private readonly string _path;
    private readonly long _dataLength;
    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);
    private Dictionary<string, string>? _metadata;

    private SafetensorsHeader(string path, long dataLength)
    {
        _path = path;
        _dataLength = dataLength;
    }

    public IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    public IReadOnlyDictionary<string, string> Metadata => _metadata ?? [];

    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string path)
    {
        SafetensorsHeader header = new(path, dataLength);
        if (json.IsEmpty || json[0] != (byte)'{')
            throw Problem.In(path, "the header does not begin with '{'");
        try
        {
            header.ReadTensors(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is no valid UTF-8, or a token of the wrong kind.
            throw Problem.In(path, $"the header is not valid: {e.Message}", e);
        }

        header.RequireGaplessLayout();
        return header;
    }

    private void ReadTensors(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (_tensors.Count == MostEntries)
                throw Problem.In(_path, $"the header has more than {MostEntries} tensors");
            if (name == MetadataName)
                ReadMetadata(ref reader);
            else if (!_tensors.TryAdd(name, ReadEntry(ref reader, name)))
                throw Problem.In(_path, $"two tensors are named {Problem.Quote(name)}");
        }

        reader.Read(); // Anything but white space after the object throws here.
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (_metadata is not null)
            throw Problem.In(_path, $"{MetadataName} appears twice");
        _metadata = new(StringComparer.Ordinal);
        Require(ref reader, JsonTokenType.StartObject, MetadataName, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (_metadata.Count == MostEntries)
                throw Problem.In(_path, $"{MetadataName} has more than {MostEntries} texts");
            Require(ref reader, JsonTokenType.String, MetadataName, "strings only");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw Problem.In(_path, $"{MetadataName} has {Problem.Quote(key)} twice");
        }
    }

    private TensorEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string owner = $"tensor {Problem.Quote(name)}";
        ElementType? type = null;
        ImmutableArray<long>? shape = null;
        ImmutableArray<long>? offsets = null;

        Require(ref reader, JsonTokenType.StartObject, owner, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            bool first = field switch
            {
                "dtype" => SetOnce(ref type, ReadType(ref reader, owner)),
                "shape" => SetOnce(ref shape, ReadIntegers(ref reader, $"shape of {owner}", MostDimensions)),
                "data_offsets" => SetOnce(ref offsets, ReadIntegers(ref reader, $"data_offsets of {owner}", 2)),
                _ => throw Problem.In(_path, $"{owner} has the unknown field {Problem.Quote(field)}"),
            };
            if (!first)
                throw Problem.In(_path, $"{owner} has the field {Problem.Quote(field)} twice");
        }

        if (type is null || shape is null || offsets is null)
            throw Problem.In(_path, $"{owner} lacks dtype, shape or data_offsets");
        return CheckedEntry(owner, type.Value, shape.Value, offsets.Value);
    }

    private TensorEntry CheckedEntry(string owner, ElementType type, ImmutableArray<long> shape, ImmutableArray<long> offsets)
    {
        if (offsets is not [long begin, long end])
            throw Problem.In(_path, $"{owner} has {offsets.Length} data_offsets instead of 2");
        if (begin > end)
            throw Problem.In(_path, $"{owner} begins at byte {begin}, after its end at {end}");
        if (end > _dataLength)
            throw Problem.In(_path, $"{owner} ends at byte {end} of the data, but the file has only {_dataLength}");

        long needed;
        try
        {
            needed = shape.Aggregate((long)type.ByteSize(), (product, length) => checked(product * length));
        }
        catch (OverflowException e)
        {
            throw Problem.In(_path, $"{owner} has the impossible shape [{string.Join(", ", shape)}]", e);
        }

        if (needed != end - begin)
            throw Problem.In(_path, $"{owner} of {type} [{string.Join(", ", shape)}] needs {needed} bytes, but has {end - begin}");
        return new TensorEntry(type, shape, begin, needed);
    }

    private ElementType ReadType(ref Utf8JsonReader reader, string owner)
    {
        Require(ref reader, JsonTokenType.String, $"dtype of {owner}", "a string");
        string text = reader.GetString()!;
        return ElementTypes.ByName.TryGetValue(text, out ElementType type)
            ? type
            : throw Problem.In(_path, $"{owner} has the unknown dtype {Problem.Quote(text)}; known are {Known}");
    }

    private ImmutableArray<long> ReadIntegers(ref Utf8JsonReader reader, string owner, int most)
    {
        Require(ref reader, JsonTokenType.StartArray, owner, "an array");
        ImmutableArray<long>.Builder values = ImmutableArray.CreateBuilder<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
                throw Problem.In(_path, $"{owner} must hold whole numbers from 0 to {long.MaxValue}");
            if (values.Count == most)
                throw Problem.In(_path, $"{owner} has more than {most} numbers");
            values.Add(value);
        }

        return values.ToImmutable();
    }

    /// <summary>The tensors must cover the data exactly: no overlap, no hole, nothing left over.</summary>
    private void RequireGaplessLayout()
    {
        long covered = 0;
        foreach ((string name, TensorEntry entry) in _tensors.OrderBy(t => t.Value.Offset).ThenBy(t => t.Value.ByteCount))
        {
            if (entry.Offset != covered)
            {
                string trouble = entry.Offset < covered ? "overlaps" : "leaves a hole after";
                throw Problem.In(
                    _path,
                    $"tensor {Problem.Quote(name)} at byte {entry.Offset} of the data {trouble} the tensor before it, which ends at {covered}");
            }

            covered += entry.ByteCount;
        }

        if (covered != _dataLength)
            throw Problem.In(_path, $"the tensors end at byte {covered} of the data, but the file has {_dataLength}");
    }

    private void Require(ref Utf8JsonReader reader, JsonTokenType kind, string owner, string expected)
    {
        if (reader.TokenType != kind)
            throw Problem.In(_path, $"{owner} must be {expected}, not {reader.TokenType}");
    }

    private static bool SetOnce<T>(ref T? slot, T value) where T : struct
    {
        bool first = slot is null;
        slot = value;
        return first;
    }
}
