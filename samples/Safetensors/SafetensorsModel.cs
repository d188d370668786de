namespace VarSparse.Samples.Safetensors;

/// <summary>The tensors of a model in one safetensors file, or in several that an index lists.</summary>
public sealed class SafetensorsModel : ITensorSource, IDisposable
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorEntry> _tensors = new(StringComparer.Ordinal);

    private SafetensorsModel(string path) => Path = path;

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    /// <summary>Opens a *.safetensors file, a *.index.json, or a folder that holds one index or one *.safetensors file.</summary>
    /// <exception cref="FileNotFoundException">The file or one of the shards does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is invalid, or index and shards disagree; the message says where.</exception>
    public static SafetensorsModel Open(string path)
    {
        string file = Directory.Exists(path) ? ModelFileIn(path) : path;
        SafetensorsModel model = new(file);
        try
        {
            if (file.EndsWith(".index.json", StringComparison.Ordinal))
                model.AddShards(ShardIndex.Read(file));
            else
                model.Add(SafetensorsFile.Open(file));
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return model;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes(string name) =>
        _fileOf.TryGetValue(name, out SafetensorsFile? file)
            ? file.Bytes(name)
            : throw new KeyNotFoundException($"{Path}: there is no tensor {Problem.Quote(name)}");

    /// <summary>Unmaps all files. Spans handed out before must not be used any more.</summary>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static string ModelFileIn(string folder)
    {
        string[] candidates = Directory.GetFiles(folder, "*.safetensors.index.json");
        if (candidates.Length == 0)
            candidates = Directory.GetFiles(folder, "*.safetensors");
        return candidates switch
        {
            [string only] => only,
            [] => throw Problem.In(folder, "holds no *.safetensors.index.json and no *.safetensors"),
            _ => throw Problem.In(folder, $"holds several models: {Problem.List([.. candidates.Select(NameOf).Order(StringComparer.Ordinal)])}"),
        };
    }

    private static string NameOf(string path) => System.IO.Path.GetFileName(path);

    private void AddShards(Dictionary<string, string> shardOf)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        foreach (IGrouping<string, string> shard in shardOf.GroupBy(pair => pair.Value, pair => pair.Key))
        {
            SafetensorsFile file = SafetensorsFile.Open(System.IO.Path.Combine(folder, shard.Key));
            _files.Add(file);
            file.RequireExactly(shard);
            Register(file);
        }
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        Register(file);
    }

    private void Register(SafetensorsFile file)
    {
        foreach ((string name, TensorEntry entry) in file.Tensors)
        {
            _fileOf.Add(name, file);
            _tensors.Add(name, entry);
        }
    }
}
