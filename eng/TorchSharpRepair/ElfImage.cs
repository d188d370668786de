using System.Buffers.Binary;
using System.Text;

namespace VarSparse.TorchSharpRepair;

/// <summary>
/// A 64-bit little-endian ELF shared library in memory, read the way the dynamic loader reads it: through program headers and
/// the dynamic segment, not through section names. Everything unexpected is an <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class ElfImage
{
    public const int SymbolSize = 24;

    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;
    private const int DynamicEntrySize = 16;

    private readonly byte[] _bytes;
    private readonly List<(ulong Address, ulong Offset, ulong Size)> _segments = [];
    private readonly Dictionary<ulong, ulong> _dynamic = [];

    public ElfImage(byte[] bytes)
    {
        _bytes = bytes;
        CheckHeader();
        ReadProgramHeaders();
    }

    /// <summary>The value of a dynamic entry (DT_...), which must be present.</summary>
    public ulong Dynamic(ulong tag, string name) =>
        _dynamic.TryGetValue(tag, out ulong value) ? value : throw new InvalidDataException($"it has no {name}");

    /// <summary>The file offset of <paramref name="length"/> bytes that the loader maps at <paramref name="address"/>.</summary>
    public ulong OffsetOf(ulong address, ulong length)
    {
        foreach ((ulong start, ulong offset, ulong size) in _segments)
        {
            if (address >= start && address - start <= size && length <= size - (address - start))
                return offset + (address - start);
        }

        throw new InvalidDataException($"address 0x{address:x} is in no segment");
    }

    public ushort ReadUInt16(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(offset, 2));

    public uint ReadUInt32(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(offset, 4));

    public ulong ReadUInt64(ulong offset) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(offset, 8));

    public void WriteUInt16(ulong offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes(offset, 2), value);

    public void WriteUInt32(ulong offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes(offset, 4), value);

    /// <summary>The zero-terminated text at <paramref name="offset"/>, which must end before <paramref name="end"/>.</summary>
    public string ReadText(ulong offset, ulong end)
    {
        if (offset >= end)
            throw new InvalidDataException($"a name at 0x{offset:x} is outside its string table");
        Span<byte> rest = Bytes(offset, end - offset);
        int length = rest.IndexOf((byte)0);
        return length >= 0
            ? Encoding.ASCII.GetString(rest[..length])
            : throw new InvalidDataException($"the name at 0x{offset:x} does not end");
    }

    private Span<byte> Bytes(ulong offset, ulong length)
    {
        ulong size = (ulong)_bytes.Length;
        if (offset > size || length > size - offset)
            throw new InvalidDataException($"it ends before offset 0x{offset:x}: {size} bytes");
        return _bytes.AsSpan((int)offset, (int)length);
    }

    private void CheckHeader()
    {
        const byte class64 = 2, littleEndian = 1;
        const ushort sharedObject = 3, x64 = 62, arm64 = 183;

        if (_bytes.Length < HeaderSize || !_bytes.AsSpan(0, 4).SequenceEqual("\x7f"u8 + "ELF"u8))
            throw new InvalidDataException("it is no ELF file");
        if (_bytes[4] != class64 || _bytes[5] != littleEndian)
            throw new InvalidDataException("it is not 64-bit little endian");
        if (ReadUInt16(16) != sharedObject)
            throw new InvalidDataException($"its ELF type is {ReadUInt16(16)}, expected {sharedObject} (shared object)");
        if (ReadUInt16(18) is not (x64 or arm64))
            throw new InvalidDataException($"its ELF machine is {ReadUInt16(18)}, expected {x64} (x86-64) or {arm64} (aarch64)");
        if (ReadUInt16(54) != ProgramHeaderSize)
            throw new InvalidDataException($"its program headers have {ReadUInt16(54)} bytes, expected {ProgramHeaderSize}");

        // Linkers put the section headers last, so this is what finds a truncated file.
        _ = Bytes(ReadUInt64(40), (ulong)ReadUInt16(60) * SectionHeaderSize);
    }

    private void ReadProgramHeaders()
    {
        const uint load = 1, dynamic = 2;

        (ulong Offset, ulong Size)? dynamicSegment = null;
        ulong first = ReadUInt64(32);
        for (ulong header = first; header < first + ((ulong)ReadUInt16(56) * ProgramHeaderSize); header += ProgramHeaderSize)
        {
            uint type = ReadUInt32(header);
            ulong offset = ReadUInt64(header + 8), address = ReadUInt64(header + 16), size = ReadUInt64(header + 32);
            if (type is load or dynamic)
                _ = Bytes(offset, size);
            if (type == load)
                _segments.Add((address, offset, size));
            else if (type == dynamic)
                dynamicSegment = (offset, size);
        }

        (ulong start, ulong length) = dynamicSegment ?? throw new InvalidDataException("it has no dynamic segment");
        for (ulong entry = start; entry + DynamicEntrySize <= start + length && ReadUInt64(entry) != 0; entry += DynamicEntrySize)
            _dynamic[ReadUInt64(entry)] = ReadUInt64(entry + 8);
    }
}
