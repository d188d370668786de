using VarSparse.Kernels.Tests.Attention;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Normalisation;

/// <summary>Rows [B, n, C] of random numbers where a kernel reads and writes them, with gaps of NaN between some.</summary>
internal sealed class RowsMemory
{
    private readonly KernelStage _stage;
    private readonly CudaRowSizes _sizes;
    private readonly byte[] _start;
    private readonly HashSet<long> _places = [];
    private ulong _address;

    public RowsMemory(KernelStage stage, CudaRowSizes sizes, Random random, bool aligned, double mean = 0)
        : this(stage, sizes, random, aligned, mean, sameForBatch: false, sameForTokens: false)
    {
    }

    private RowsMemory(KernelStage stage, CudaRowSizes sizes, Random random, bool aligned, double mean, bool sameForBatch, bool sameForTokens)
    {
        (_stage, _sizes) = (stage, sizes);
        int gap = aligned ? 8 * random.Next(2) : random.Next(3);
        long tokenStride = sameForTokens ? 0 : sizes.Width + gap, batchStride = sameForBatch ? 0 : sizes.Tokens * (sizes.Width + gap) + gap;
        Strides = (batchStride, tokenStride);
        long extent = (sizes.Batch - 1) * batchStride + (sizes.Tokens - 1) * tokenStride + sizes.Width;
        _start = new byte[extent * ElementCodec.Size(sizes.Element)];
        for (long i = 0; i < extent; i++)
            ElementCodec.Write(sizes.Element, _start, i, double.NaN);
        Values = new double[sizes.Batch * sizes.Tokens * sizes.Width];
        for (int i = 0; i < Values.Length; i++)
        {
            if (_places.Add(Place(i)))
                ElementCodec.Write(sizes.Element, _start, Place(i), mean + 4 * (random.NextDouble() - 0.5));
            Values[i] = ElementCodec.Read(sizes.Element, _start, Place(i));
        }

        Write();
    }

    /// <summary>The numbers at the start, rounded to the element type, [B, n, C] without gaps.</summary>
    public double[] Values { get; }

    public CudaRows Rows => new(_address, Strides.Batch, Strides.Token);

    private (long Batch, long Token) Strides { get; }

    /// <summary>Rows that are the same for all tokens, for all batch entries, for both or for none.</summary>
    public static RowsMemory Broadcast(KernelStage stage, CudaRowSizes sizes, Random random, bool aligned) =>
        new(stage, sizes, random, aligned, mean: 0, sameForBatch: random.Next(2) == 0, sameForTokens: random.Next(3) > 0);

    /// <summary>Puts the numbers of the start there again, in new memory.</summary>
    public void Write() => _address = _stage.Copy<byte>(_start);

    /// <summary>What lies there now, [B, n, C]; between rows nothing may have been written.</summary>
    public double[] Read()
    {
        CheckGaps();
        byte[] memory = _stage.Read<byte>(_address, _start.Length);
        return [.. Enumerable.Range(0, Values.Length).Select(i => ElementCodec.Read(_sizes.Element, memory, Place(i)))];
    }

    /// <summary>Nothing was written between rows.</summary>
    public void CheckGaps()
    {
        byte[] memory = _stage.Read<byte>(_address, _start.Length);
        int size = ElementCodec.Size(_sizes.Element);
        for (int i = 0; i < memory.Length / size; i++)
        {
            if (!_places.Contains(i))
                Assert.True(memory.AsSpan(i * size, size).SequenceEqual(_start.AsSpan(i * size, size)), $"{_sizes}: element {i}, between rows, was written");
        }
    }

    private long Place(int index) =>
        index / _sizes.Width / _sizes.Tokens * Strides.Batch + index / _sizes.Width % _sizes.Tokens * Strides.Token + index % _sizes.Width;
}
