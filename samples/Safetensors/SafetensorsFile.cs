using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;

namespace VarSparse.Samples.Safetensors;

/// <summary>
/// One memory-mapped safetensors file: eight bytes of header length, a JSON header, then the tensors, all little-endian.
/// Opening checks the whole header; reading a tensor touches only that tensor's pages.
/// </summary>
/// <remarks>As with every mapped file, nobody may shorten it while it is open.</remarks>
public sealed unsafe class SafetensorsFile : ITensorSource, IDisposable
{
    private const int LengthBytes = sizeof(ulong);

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly byte* _data;
    private bool _disposed;

    private SafetensorsFile(string path, long length)
    {
        Path = path;
        _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        try
        {
            _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _map.Dispose();
            throw;
        }

        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += _view.PointerOffset;
            int headerLength = HeaderLength(new ReadOnlySpan<byte>(start, LengthBytes), length);
            _data = start + LengthBytes + headerLength;
            _header = SafetensorsHeader.Parse(
                new ReadOnlySpan<byte>(start + LengthBytes, headerLength), length - LengthBytes - headerLength, path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _header.Tensors;

    /// <summary>The free texts of the header's __metadata__.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is no valid safetensors file; the message says what is wrong.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are little-endian and are read in place");
        if (Directory.Exists(path))
            throw Problem.In(path, "is a folder, not a safetensors file");
        // Asked before the file is opened: opening a pipe would wait for a writer.
        long length = new FileInfo(path).Length;
        if (length < LengthBytes)
            throw Problem.In(path, $"has {length} bytes; a safetensors file begins with {LengthBytes} bytes of header length");
        return new SafetensorsFile(path, length);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Tensors.TryGetValue(name, out TensorEntry? entry))
            throw new KeyNotFoundException($"{Path}: there is no tensor {Problem.Quote(name)}");
        if (entry.ByteCount > int.MaxValue)
            throw new NotSupportedException($"{Path}: tensor {Problem.Quote(name)} has {entry.ByteCount} bytes, more than a span can hold");
        return new ReadOnlySpan<byte>(_data + entry.Offset, (int)entry.ByteCount);
    }

    /// <summary>Unmaps the file. Spans handed out before must not be used any more.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private int HeaderLength(ReadOnlySpan<byte> bytes, long fileLength)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > SafetensorsHeader.LongestHeader)
            throw Problem.In(Path, $"the header would have {length} bytes; at most {SafetensorsHeader.LongestHeader} are allowed");
        if (length > (ulong)(fileLength - LengthBytes))
            throw Problem.In(Path, $"the header would have {length} bytes, but only {fileLength - LengthBytes} follow");
        return (int)length;
    }
}
