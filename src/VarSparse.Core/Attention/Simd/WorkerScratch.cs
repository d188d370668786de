using System.Runtime.InteropServices;

namespace VarSparse.Attention.Simd;

/// <summary>Native memory that <see cref="NativeMemory.AlignedFree"/> takes back.</summary>
/// <exception cref="OutOfMemoryException">There is none.</exception>
internal unsafe delegate void* ScratchAllocator(nuint bytes, nuint alignment);

/// <summary>A worker's buffers, all bounded by the block of keys and the group of queries: about 400 KB.</summary>
/// <param name="allocate">Where the memory comes from; tests let it run out.</param>
internal sealed unsafe class WorkerScratch(ScratchAllocator allocate) : IDisposable
{
    /// <summary>Keys processed at a time: their scores stay in the first-level cache.</summary>
    public const int KeyBlock = 64;

    /// <summary>Queries that share a block of keys while it is in the second-level cache; a multiple of every group size.</summary>
    public const int PassSize = 128;

    /// <summary>Queries of the widest group: two vectors of 16.</summary>
    private const int LargestGroup = 32;

    private byte* _memory;

    /// <summary>The queries of each group, transposed and scaled, [groups, D, group].</summary>
    public float* QueriesTransposed { get; private set; }

    /// <summary>Unnormalised output of each group, transposed, [groups, D, group].</summary>
    public float* OutputTransposed { get; private set; }

    /// <summary>Scores, then probabilities, of a block of keys, [block, group].</summary>
    public float* Scores { get; private set; }

    /// <summary>Rows in float32, [block, D]: the keys of a block, and before and after them the queries and the output of a group.</summary>
    public float* WideKeys { get; private set; }

    /// <summary>The values of a block widened to float32, [block, D].</summary>
    public float* WideValues { get; private set; }

    /// <summary>Where the block's key rows are.</summary>
    public float** KeyRows { get; private set; }

    /// <summary>Where the block's value rows are.</summary>
    public float** ValueRows { get; private set; }

    /// <summary>Which queries of the group see each key of the block.</summary>
    public uint* VisibleBits { get; private set; }

    /// <summary>The bias of each key of the block, in exponents of two.</summary>
    public float* BiasLog2 { get; private set; }

    /// <summary>Allocates on first use; later calls find the memory there.</summary>
    public void Prepare()
    {
        if (_memory != null)
            return;
        const int dimension = AttentionChecks.LargestHeadDimension;
        ReadOnlySpan<nuint> sizes =
        [
            dimension * PassSize * sizeof(float),
            dimension * PassSize * sizeof(float),
            KeyBlock * LargestGroup * sizeof(float),
            KeyBlock * dimension * sizeof(float),
            KeyBlock * dimension * sizeof(float),
            (nuint)(KeyBlock * sizeof(float*)),
            (nuint)(KeyBlock * sizeof(float*)),
            KeyBlock * sizeof(uint),
            KeyBlock * sizeof(float),
        ];
        nuint total = 0;
        foreach (nuint size in sizes)
            total += size;
        _memory = (byte*)allocate(total, 64);
        byte* next = _memory;
        QueriesTransposed = (float*)Take(ref next, sizes[0]);
        OutputTransposed = (float*)Take(ref next, sizes[1]);
        Scores = (float*)Take(ref next, sizes[2]);
        WideKeys = (float*)Take(ref next, sizes[3]);
        WideValues = (float*)Take(ref next, sizes[4]);
        KeyRows = (float**)Take(ref next, sizes[5]);
        ValueRows = (float**)Take(ref next, sizes[6]);
        VisibleBits = (uint*)Take(ref next, sizes[7]);
        BiasLog2 = (float*)Take(ref next, sizes[8]);
    }

    /// <summary>Register tiles read key rows up to the next multiple of 4: the last row stands in for those that are not there.</summary>
    public void CompleteKeyRows(int count)
    {
        for (int i = count; i % 4 != 0; i++)
            KeyRows[i] = KeyRows[count - 1];
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        GC.SuppressFinalize(this);
    }

    ~WorkerScratch() => NativeMemory.AlignedFree(_memory);

    private static byte* Take(ref byte* next, nuint size)
    {
        byte* taken = next;
        next += size;
        return taken;
    }
}
