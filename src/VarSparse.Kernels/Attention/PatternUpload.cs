using System.Runtime.InteropServices;
using VarSparse.Attention;
using VarSparse.Kernels.Runtime;
using VarSparse.Patterns;

namespace VarSparse.Kernels.Attention;

/// <summary>
/// Copies patterns' images to a device: each in one copy, on a stream beside the one that computes. So the host waits for that copy alone,
/// and not for the work that is queued already. Thread-safe.
/// </summary>
internal sealed class PatternUpload(CudaDevice device) : IDisposable
{
    private readonly Lock _gate = new();
    private CudaStream? _stream;

    /// <summary>The stream is made at the first upload, so that opening a device asks the driver for nothing.</summary>
    private CudaStream Stream
    {
        get
        {
            lock (_gate)
                return _stream ??= device.CreateStream(CudaStreamFlags.NonBlocking);
        }
    }

    /// <param name="pattern">The pattern.</param>
    /// <param name="image">A form of it.</param>
    public CudaPattern Upload(SparsePattern pattern, PatternImage image)
    {
        var plan = default(MemoryPlan);
        long slots = plan.Reserve<int>(image.SlotQueries.Length);
        long keys = plan.Reserve<int>(image.Keys.Length);
        long ranges = plan.Reserve<int>(image.ListRanges.Length);
        long lists = plan.Reserve<int>(image.ListOfTile.Length);
        long stepRanges = plan.Reserve<int>(image.StepRanges.Length);
        long states = plan.Reserve<byte>(image.BlockStates.Length);
        long fragments = plan.Reserve<uint>(image.MaskFragments.Length);
        long biases = plan.Reserve<float>(image.KeyBias.Length);
        long uncovered = plan.Reserve<int>(image.UncoveredQueries.Length);
        using var block = new HostBlock(plan.Bytes);
        block.Write<int>(image.SlotQueries, slots);
        block.Write<int>(image.Keys, keys);
        block.Write<int>(image.ListRanges, ranges);
        block.Write<int>(image.ListOfTile, lists);
        block.Write<int>(image.StepRanges, stepRanges);
        block.Write<byte>(image.BlockStates, states);
        block.Write<uint>(image.MaskFragments, fragments);
        block.Write<float>(image.KeyBias, biases);
        block.Write<int>(image.UncoveredQueries, uncovered);
        DeviceMemory memory = device.Allocate(plan.Bytes);
        try
        {
            block.CopyTo(memory, Stream);
            var parameters = new AttentionParameters
            {
                SlotQueries = memory.Address + (ulong)slots,
                KeyIndices = memory.Address + (ulong)keys,
                ListRanges = memory.Address + (ulong)ranges,
                ListOfTile = memory.Address + (ulong)lists,
                StepRanges = image.StepRanges.Length > 0 ? memory.Address + (ulong)stepRanges : 0,
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
            return new CudaPattern(memory, parameters, PatternSizes.Of(pattern), memory.Address + (ulong)uncovered, image.UncoveredQueries.Length);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose() => _stream?.Dispose();

    /// <summary>Host memory laid out as the device's will be, in no managed array: it may be larger than 2 GB.</summary>
    private sealed unsafe class HostBlock(long bytes) : IDisposable
    {
        private readonly byte* _memory = (byte*)NativeMemory.Alloc((nuint)bytes);

        public void Write<T>(ReadOnlySpan<T> source, long offset)
            where T : unmanaged => source.CopyTo(new Span<T>(_memory + offset, source.Length));

        public void CopyTo(DeviceMemory memory, CudaStream stream)
        {
            memory.UploadAsync(_memory, bytes, stream: stream.Handle);
            stream.Synchronize();
        }

        public void Dispose() => NativeMemory.Free(_memory);
    }
}
