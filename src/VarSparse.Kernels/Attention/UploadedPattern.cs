using System.Runtime.InteropServices;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>A pattern's image in a device's memory, in one allocation, and the kernel parameters that point to it.</summary>
internal sealed class UploadedPattern : IDisposable
{
    private const int Alignment = 256;

    private readonly DeviceMemory _memory;
    private readonly AttentionParameters _parameters;

    private UploadedPattern(DeviceMemory memory, AttentionParameters parameters, ulong uncoveredQueries, int uncoveredCount)
    {
        _memory = memory;
        _parameters = parameters;
        UncoveredQueries = uncoveredQueries;
        UncoveredCount = uncoveredCount;
    }

    /// <summary>Device address of the queries that stand in no tile.</summary>
    public ulong UncoveredQueries { get; }

    /// <summary>How many they are.</summary>
    public int UncoveredCount { get; }

    /// <summary>The parameters that describe the pattern; the rest is zero.</summary>
    public ref readonly AttentionParameters Parameters => ref _parameters;

    public static UploadedPattern Upload(CudaDevice device, SparsePattern pattern)
    {
        PatternImage image = PatternImage.Create(pattern);
        long bytes = 0;
        long slots = Reserve<int>(image.SlotQueries, ref bytes);
        long keys = Reserve<int>(image.Keys, ref bytes);
        long ranges = Reserve<int>(image.ListRanges, ref bytes);
        long lists = Reserve<int>(image.ListOfTile, ref bytes);
        long wordRanges = Reserve<int>(image.WordRanges, ref bytes);
        long states = Reserve<byte>(image.BlockStates, ref bytes);
        long fragments = Reserve<uint>(image.MaskFragments, ref bytes);
        long biases = Reserve<float>(image.KeyBias, ref bytes);
        long uncovered = Reserve<int>(image.UncoveredQueries, ref bytes);
        DeviceMemory memory = device.Allocate(bytes);
        try
        {
            memory.Upload<int>(image.SlotQueries, slots);
            memory.Upload<int>(image.Keys, keys);
            memory.Upload<int>(image.ListRanges, ranges);
            memory.Upload<int>(image.ListOfTile, lists);
            memory.Upload<int>(image.WordRanges, wordRanges);
            memory.Upload<byte>(image.BlockStates, states);
            memory.Upload<uint>(image.MaskFragments, fragments);
            memory.Upload<float>(image.KeyBias, biases);
            memory.Upload<int>(image.UncoveredQueries, uncovered);
            var parameters = new AttentionParameters
            {
                SlotQueries = memory.Address + (ulong)slots,
                KeyIndices = memory.Address + (ulong)keys,
                ListRanges = memory.Address + (ulong)ranges,
                ListOfTile = memory.Address + (ulong)lists,
                WordRanges = image.HasMask ? memory.Address + (ulong)wordRanges : 0,
                BlockStates = image.HasMask ? memory.Address + (ulong)states : 0,
                MaskFragments = image.HasMask ? memory.Address + (ulong)fragments : 0,
                KeyBias = image.KeyBias.Length > 0 ? memory.Address + (ulong)biases : 0,
                QueryCount = image.QueryCount,
                KeyCount = image.KeyCount,
                TileCount = image.TileCount,
                WordsPerTile = image.WordsPerTile,
                ListHeadStride = image.HeadCount > 1 ? image.TileCount : 0,
                ListBatchStride = image.BatchCount > 1 ? image.TileCount * image.HeadCount : 0,
            };
            return new UploadedPattern(memory, parameters, memory.Address + (ulong)uncovered, image.UncoveredQueries.Length);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>The offset of an array; never the end of the memory, so that an empty array has an address too.</summary>
    private static long Reserve<T>(ReadOnlySpan<T> array, ref long bytes)
        where T : unmanaged
    {
        long offset = bytes;
        long size = Math.Max(MemoryMarshal.AsBytes(array).Length, 1);
        bytes += (size + Alignment - 1) / Alignment * Alignment;
        return offset;
    }
}
