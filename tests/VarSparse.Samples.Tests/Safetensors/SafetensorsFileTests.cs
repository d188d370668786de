using System.Buffers.Binary;
using VarSparse.Samples.Safetensors;
using static VarSparse.Samples.Tests.Safetensors.FileBytes;

namespace VarSparse.Samples.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reads_every_element_type()
    {
        ElementType[] types = Enum.GetValues<ElementType>();
        byte[] data = new byte[types.Sum(type => 3 * type.ByteSize())];
        new Random(1).NextBytes(data);
        List<string> entries = [];
        int at = 0;
        foreach (ElementType type in types)
        {
            entries.Add(Entry(type.ToString(), type.ToString(), "3,1", at, at + 3 * type.ByteSize()));
            at += 3 * type.ByteSize();
        }

        // The last entries first: order in the header means nothing.
        entries.Reverse();
        using SafetensorsFile file = Open(Of($"{{{string.Join(',', entries)}}}", data));

        at = 0;
        foreach (ElementType type in types)
        {
            TensorEntry entry = file.Tensors[type.ToString()];
            Assert.Equal(type, entry.Type);
            Assert.Equal([3, 1], entry.Shape);
            Assert.Equal(3, entry.ElementCount);
            Assert.Equal(data.AsSpan(at, 3 * type.ByteSize()), file.Bytes(type.ToString()));
            at += 3 * type.ByteSize();
        }
    }

    [Fact]
    public void Converts_the_float_types()
    {
        byte[] data = new byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(data, 0x3FC0);               // bfloat16 1.5
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2), 0xFF80);     // bfloat16 minus infinity
        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(4), (Half)(-2.25));
        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(6), Half.Epsilon); // smallest subnormal, 2^-24
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(8), 3.1415927f);
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(12), -7);
        using SafetensorsFile file = Open(Of(
            $"{{{Entry("b", "BF16", "2", 0, 4)},{Entry("h", "F16", "2", 4, 8)},{Entry("f", "F32", "", 8, 12)},{Entry("i", "I32", "1", 12, 16)}}}",
            data));

        Assert.Equal([1.5f, float.NegativeInfinity], file.ToFloats("b"));
        Assert.Equal([-2.25f, float.Exp2(-24)], file.ToFloats("h"));
        Assert.Equal([3.1415927f], file.ToFloats("f"));
        Assert.Equal([-7], file.Values<int>("i").ToArray());
        Assert.Contains("'i' is I32", Assert.Throws<InvalidDataException>(() => file.ToFloats("i")).Message);
        Assert.Contains("'i' is I32, not Single", Assert.Throws<InvalidDataException>(() => file.Values<float>("i").Length).Message);
    }

    [Fact]
    public void Reads_scalars_empty_tensors_metadata_escapes_and_padding()
    {
        using SafetensorsFile file = Open(Of(
            $$$"""{"__metadata__":{"format":"pt","a":"\u00e4"},{{{Entry("\\u00fc.weight", "U8", "", 0, 1)}}},{{{Entry("none", "F32", "4,0,3", 1, 1)}}}}     """,
            42));

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("ä", file.Metadata["a"]);
        Assert.Equal([42], file.Bytes("ü.weight").ToArray());
        Assert.Empty(file.Tensors["ü.weight"].Shape);
        Assert.Empty(file.ToFloats("none"));
    }

    [Fact]
    public void Refuses_unknown_names_and_use_after_dispose()
    {
        SafetensorsFile file = Open(Of($"{{{Entry("a", "U8", "1", 0, 1)}}}", 1));
        Assert.Contains("no tensor 'b'", Assert.Throws<KeyNotFoundException>(() => file.Bytes("b").Length).Message);
        file.Dispose();
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.Bytes("a").Length);
    }

    [Fact]
    public void Lists_missing_and_unexpected_names()
    {
        using SafetensorsFile file = Open(Of($"{{{Entry("a", "U8", "1", 0, 1)},{Entry("b", "U8", "1", 1, 2)}}}", 1, 2));
        file.RequireExactly(["b", "a"]);
        string message = Assert.Throws<InvalidDataException>(() => file.RequireExactly(["d", "a", "c"])).Message;
        Assert.EndsWith("missing tensors: 'c', 'd'; unexpected tensors: 'b'", message);
        message = Assert.Throws<InvalidDataException>(() => file.RequireExactly(Enumerable.Range(0, 25).Select(i => $"n{i:00}"))).Message;
        Assert.Contains("'n19' and 5 more; unexpected", message);
    }

    [Fact]
    public void Refuses_folders_and_missing_files()
    {
        Assert.Contains("is a folder", Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_folder.Path)).Message);
        string missing = Path.Combine(_folder.Path, "missing.safetensors");
        Assert.Contains(missing, Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(missing)).Message);
    }

    private SafetensorsFile Open(byte[] content) => SafetensorsFile.Open(_folder.Write("test.safetensors", content));
}
