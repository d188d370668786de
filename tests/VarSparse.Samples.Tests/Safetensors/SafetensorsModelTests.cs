using System.Text;
using VarSparse.Samples.Safetensors;
using static VarSparse.Samples.Tests.Safetensors.FileBytes;

namespace VarSparse.Samples.Tests.Safetensors;

public sealed class SafetensorsModelTests : IDisposable
{
    private const string IndexName = "model.safetensors.index.json";

    private readonly TemporaryFolder _folder = new();

    public SafetensorsModelTests()
    {
        _folder.Write("one.safetensors", Of($"{{{Entry("a", "U8", "2", 0, 2)},{Entry("b", "U8", "1", 2, 3)}}}", 1, 2, 3));
        _folder.Write("two.safetensors", Of($"{{{Entry("c", "U8", "1", 0, 1)}}}", 4));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_all_shards_by_index_or_folder()
    {
        string index = Index("""{"metadata":{"total_size":4,"x":[1,{}]},"weight_map":{"a":"one.safetensors","c":"two.safetensors","b":"one.safetensors"}}""");
        foreach (string path in (string[])[index, _folder.Path])
        {
            using SafetensorsModel model = SafetensorsModel.Open(path);
            model.RequireExactly(["a", "b", "c"]);
            Assert.Equal([1, 2], model.Bytes("a").ToArray());
            Assert.Equal([3], model.Bytes("b").ToArray());
            Assert.Equal([4], model.Values<byte>("c").ToArray());
            Assert.Throws<KeyNotFoundException>(() => model.Bytes("d").Length);
        }
    }

    [Fact]
    public void Reads_a_single_file()
    {
        using SafetensorsModel model = SafetensorsModel.Open(Path.Combine(_folder.Path, "two.safetensors"));
        Assert.Equal([4], model.Bytes("c").ToArray());
    }

    [Fact]
    public void Refuses_folders_without_one_clear_model()
    {
        string message = Assert.Throws<InvalidDataException>(() => SafetensorsModel.Open(_folder.Path)).Message;
        Assert.EndsWith("holds several models: 'one.safetensors', 'two.safetensors'", message);
        using TemporaryFolder empty = new();
        message = Assert.Throws<InvalidDataException>(() => SafetensorsModel.Open(empty.Path)).Message;
        Assert.Contains("holds no *.safetensors.index.json and no *.safetensors", message);
    }

    [Theory]
    [InlineData("", "is not a valid index")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{}", "has no weight_map")]
    [InlineData("{} {}", "is not a valid index")]
    [InlineData("{\"weight_map\":[]}", "must be an object")]
    [InlineData("{\"weight_map\":{},\"weight_map\":{}}", "has weight_map twice")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "the file of 'a' must be a string")]
    [InlineData("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"two.safetensors\"}}", "has 'a' twice")]
    [InlineData("{\"weight_map\":{\"a\":\"../one.safetensors\"}}", "not the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":\"/one.safetensors\"}}", "not the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":\"one.bin\"}}", "not the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":\"one\\u0000.safetensors\"}}", "not the name of a .safetensors file in the same folder")]
    [InlineData("{\"weight_map\":{\"a\":\"one.safetensors\"}}", "one.safetensors: unexpected tensors: 'b'")]
    [InlineData("{\"weight_map\":{\"c\":\"two.safetensors\",\"d\":\"two.safetensors\"}}", "two.safetensors: missing tensors: 'd'")]
    public void Says_what_is_wrong_with_an_index(string json, string expected)
    {
        string message = Assert.Throws<InvalidDataException>(() => SafetensorsModel.Open(Index(json))).Message;
        Assert.Contains(expected, message);
        Assert.DoesNotContain(message, char.IsControl);
    }

    [Fact]
    public void Names_a_missing_shard()
    {
        string index = Index("""{"weight_map":{"a":"three.safetensors"}}""");
        Assert.Contains("three.safetensors", Assert.Throws<FileNotFoundException>(() => SafetensorsModel.Open(index)).Message);
    }

    private string Index(string json) => _folder.Write(IndexName, Encoding.UTF8.GetBytes(json));
}
