using System.Buffers.Binary;
using System.Security.Cryptography;

namespace VarSparse.Kernels.Runtime;

/// <summary>
/// The file format of one cache entry, little-endian: 8 bytes magic, u64 format version, 32 bytes key, u64 length,
/// 32 bytes SHA-256 of the content, content. What does not fit in every field is no entry: cut short, overwritten, another
/// program's, or renamed from another key.
/// </summary>
internal static class DiskCacheEntry
{
    internal const int HeaderBytes = 88;

    private const ulong FormatVersion = 1;
    private const int VersionAt = 8;
    private const int KeyAt = 16;
    private const int LengthAt = 48;
    private const int ChecksumAt = 56;

    private static ReadOnlySpan<byte> Magic => "VARSPCUB"u8;

    internal static byte[] Encode(in DiskCacheKey key, ReadOnlySpan<byte> content)
    {
        byte[] file = new byte[HeaderBytes + content.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(VersionAt), FormatVersion);
        key.Hash.CopyTo(file.AsSpan(KeyAt));
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(LengthAt), (ulong)content.Length);
        SHA256.HashData(content, file.AsSpan(ChecksumAt));
        content.CopyTo(file.AsSpan(HeaderBytes));
        return file;
    }

    /// <summary>The content, or null where <paramref name="file"/> is no whole entry of <paramref name="key"/>.</summary>
    internal static byte[]? Decode(in DiskCacheKey key, ReadOnlySpan<byte> file)
    {
        if (file.Length < HeaderBytes
            || !file[..VersionAt].SequenceEqual(Magic)
            || BinaryPrimitives.ReadUInt64LittleEndian(file[VersionAt..]) != FormatVersion
            || !file.Slice(KeyAt, DiskCacheKey.Bytes).SequenceEqual(key.Hash)
            || BinaryPrimitives.ReadUInt64LittleEndian(file[LengthAt..]) != (ulong)(file.Length - HeaderBytes))
            return null;

        ReadOnlySpan<byte> content = file[HeaderBytes..];
        Span<byte> checksum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, checksum);
        return checksum.SequenceEqual(file.Slice(ChecksumAt, SHA256.HashSizeInBytes)) ? content.ToArray() : null;
    }
}
