using System.Buffers.Binary;
using System.Text;
using VarSparse.Samples.Safetensors;
using static VarSparse.Samples.Tests.Safetensors.FileBytes;

namespace VarSparse.Samples.Tests.Safetensors;

/// <summary>Each kind of broken file and the words that must tell the user what is wrong with it.</summary>
public sealed class InvalidFileTests : IDisposable
{
    private const string One = """
        "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "does not begin with '{'")]
    [InlineData(" {}", "does not begin with '{'")]
    [InlineData("[]", "does not begin with '{'")]
    [InlineData("{", "not valid")]
    [InlineData("{}x", "not valid")]
    [InlineData("{}{}", "not valid")]
    [InlineData("{/**/}", "not valid")]
    [InlineData("{\"a\":1}", "must be an object")]
    [InlineData("{\"\\ud800\":1}", "not valid")]
    [InlineData("{\"a\":{}}", "lacks dtype, shape or data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", "lacks dtype, shape or data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F5\",\"shape\":[1],\"data_offsets\":[0,1]}}", "unknown dtype 'F5'; known are BOOL, U8")]
    [InlineData("{\"a\":{\"dtype\":\"1\",\"shape\":[1],\"data_offsets\":[0,1]}}", "unknown dtype '1'")]
    [InlineData("{\"a\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", "must be a string")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}", "must be an array")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,1]}}", "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[[1]],\"data_offsets\":[0,1]}}", "whole numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,1]}}", "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,1]}}", "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}", "needs 2 bytes, but has 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1]}}", "1 data_offsets instead of 2")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", "more than 2 numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", "begins at byte 1, after its end")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", "the file has only 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9223372036854775807,9223372036854775807]}}", "the file has only 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", "the tensors end at byte 0")]
    [InlineData("{}", "the tensors end at byte 0 of the data, but the file has 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]}}", "leaves a hole")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", "unknown field 'more'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "field 'dtype' twice")]
    [InlineData("{" + One + "," + One + "}", "two tensors are named 'a'")]
    [InlineData("{" + One + ",\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "two tensors are named 'a'")]
    [InlineData("{" + One + ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", "overlaps")]
    [InlineData("{\"__metadata__\":{\"a\":1}," + One + "}", "__metadata__ must be strings only")]
    [InlineData("{\"__metadata__\":{},\"__metadata__\":{}," + One + "}", "__metadata__ appears twice")]
    [InlineData("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}," + One + "}", "__metadata__ has 'a' twice")]
    [InlineData("{" + One, "not valid")]
    public void Says_what_is_wrong_with_a_header(string header, string expected) => AssertRefused(Of(header, 7), expected);

    [Fact]
    public void Refuses_invalid_utf8() =>
        AssertRefused(Of([.. "{\""u8, 0xC3, 0x28, .. "\":1}"u8], 7), "not valid");

    [Theory]
    [InlineData(0, "has 0 bytes")]
    [InlineData(7, "has 7 bytes")]
    [InlineData(8, "would have 54 bytes, but only 0 follow")]
    [InlineData(60, "would have 54 bytes, but only 52 follow")]
    [InlineData(62, "the file has only 0")]
    public void Refuses_truncated_files(int length, string expected)
    {
        string header = $"{{{One}}} ";
        AssertRefused(Of(header, 7).AsSpan(0, length).ToArray(), expected);
    }

    [Theory]
    [InlineData(100_000_001UL, "at most 100000000")]
    [InlineData(ulong.MaxValue, "at most 100000000")]
    [InlineData(99_999_999UL, "but only 3 follow")]
    public void Refuses_long_headers(ulong length, string expected)
    {
        byte[] content = [0, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}', 0];
        BinaryPrimitives.WriteUInt64LittleEndian(content, length);
        AssertRefused(content, expected);
    }

    [Fact]
    public void Refuses_deep_nesting_and_many_dimensions()
    {
        AssertRefused(Of($"{{\"a\":{new string('[', 100_000)}}}", 7), "must be an object");
        AssertRefused(Of($"{{\"a\":{{\"dtype\":{new string('[', 100_000)}}}}}", 7), "must be a string");
        string ones = string.Join(',', Enumerable.Repeat("1", 33));
        AssertRefused(Of($"{{{Entry("a", "U8", ones, 0, 1)}}}", 7), "more than 32 numbers");
    }

    [Fact]
    public void Messages_stay_on_one_short_line()
    {
        string name = "x\\n\\r\\u001b[2J\\u2028" + new string('y', 100_000);
        string message = AssertRefused(Of($"{{\"{name}\":1}}", 7), "must be an object");
        Assert.InRange(message.Length, 1, 400);
    }

    private string AssertRefused(byte[] content, string expected)
    {
        string path = _folder.Write("bad.safetensors", content);
        string message = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path)).Message;
        Assert.StartsWith(path + ": ", message);
        Assert.Contains(expected, message);
        Assert.DoesNotContain(message, c => char.IsControl(c) || c == '\u2028');
        Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(message)), message);
        return message;
    }
}
