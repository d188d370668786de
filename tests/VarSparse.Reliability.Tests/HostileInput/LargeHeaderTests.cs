using System.Buffers.Binary;
using System.Text;
using VarSparse.Samples.EmojiVar.Model;
using VarSparse.Samples.Safetensors;

namespace VarSparse.Reliability.Tests.HostileInput;

/// <summary>Files made to take more memory than they have bytes: many entries of nothing.</summary>
public sealed class LargeHeaderTests : IDisposable
{
    /// <summary>What the entries of the most tensors take that a header may have, garbage included.</summary>
    private const long Index = 64 << 20;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("varsparse-header-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void As_many_empty_tensors_as_allowed_load_in_bounded_memory() =>
        Assert.Null(Open(Header(1 << 16, i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")));

    [Fact]
    public void More_tensors_are_refused_without_reading_them_all() => Assert.EndsWith(
        "the header has more than 65536 tensors", Open(Header(400_000, i => $"\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}")), StringComparison.Ordinal);

    [Fact]
    public void More_metadata_is_refused_without_reading_it_all() => Assert.EndsWith(
        "__metadata__ has more than 65536 texts", Open($"{{\"__metadata__\":{Header(1_000_000, i => $"\"{i}\":\"\"")}}}"), StringComparison.Ordinal);

    [Fact]
    public void An_index_of_more_tensors_is_refused()
    {
        string path = Path.Combine(_folder.FullName, "model.safetensors.index.json");
        File.WriteAllText(path, $"{{\"weight_map\":{Header(70_000, i => $"\"{i}\":\"a.safetensors\"")}}}");
        Assert.EndsWith("weight_map has more than 65536 tensors", Assert.Throws<InvalidDataException>(() => SafetensorsModel.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_configuration_is_refused_unread()
    {
        string path = Path.Combine(_folder.FullName, VarConfig.FileName);
        File.WriteAllText(path, $"{{\"patch_nums\":[{string.Join(',', Enumerable.Repeat("1", 5_000_000))}]}}");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.EndsWith("expected 1 to 1048576", Assert.Throws<InvalidDataException>(() => VarConfig.Read(path)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_class_without_a_name_is_refused()
    {
        string path = Path.Combine(_folder.FullName, VarConfig.FileName);
        string valid = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "corpus", "config", "three-classes.json"));
        File.WriteAllText(path, valid.Replace("\"cat\"", "null", StringComparison.Ordinal));
        Assert.EndsWith("class_names holds null, expected names", Assert.Throws<InvalidDataException>(() => VarConfig.Read(path)).Message, StringComparison.Ordinal);
    }

    private static string Header(int entries, Func<int, string> entry) => $"{{{string.Join(',', Enumerable.Range(0, entries).Select(entry))}}}";

    /// <summary>Null if it opened; what it takes, garbage included, is bounded either way.</summary>
    private string? Open(string header)
    {
        byte[] json = Encoding.UTF8.GetBytes(header), file = new byte[sizeof(long) + json.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, sizeof(long));
        string path = Path.Combine(_folder.FullName, "large.safetensors");
        File.WriteAllBytes(path, file);
        string? problem = null;
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var opened = SafetensorsFile.Open(path);
        }
        catch (InvalidDataException error)
        {
            problem = error.Message;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * file.Length + Index);
        return problem;
    }
}
