using ILGPU;
using ILGPU.Algorithms;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Selection;

namespace VarSparse.Kernels.Scoring;

/// <summary>What the discrepancy kernels are given. Pointers are device addresses.</summary>
internal struct DiscrepancyParameters
{
    public ulong Conditional;
    public ulong Unconditional;

    /// <summary>float32 [images, <see cref="DiscrepancyKernels.Groups"/>].</summary>
    public ulong Partials;

    /// <summary>float32 [images].</summary>
    public ulong Result;

    /// <summary>Elements of an image.</summary>
    public long Count;

    /// <summary>Tokens of an image.</summary>
    public int Tokens;
}

/// <summary>
/// The root of a sum of squared differences: first a sum for each of a fixed number of groups, then that of the groups. Who adds what in
/// which order depends on the number of elements alone, so every run on every device gives the same bits. Grid x of the first counts groups, y
/// images; the second has a group an image.
/// </summary>
internal static class DiscrepancyKernels
{
    public const int Threads = 256;

    /// <summary>Groups of the first kernel, one a thread of the second.</summary>
    public const int Groups = Threads;

    public static void SumGroups<TElement>(DiscrepancyParameters p)
        where TElement : unmanaged, IDeviceElement
    {
        var warpSums = SharedMemory.Allocate<float>(Threads / GroupScan.LanesPerWarp);
        float sum = 0;
        for (long i = (long)Grid.IdxX * Threads + Group.IdxX; i < p.Count; i += Groups * Threads)
        {
            ulong offset = (ulong)((Grid.IdxY * p.Count + i) * TElement.Bytes);
            float difference = TElement.Load(p.Conditional + offset) - TElement.Load(p.Unconditional + offset);
            sum += difference * difference;
        }

        sum = GroupScan.Total(sum, warpSums);
        if (Group.IdxX == 0)
            GlobalBytes.Store4(p.Partials + (ulong)(Grid.IdxY * Groups + Grid.IdxX) * sizeof(float), Interop.FloatAsInt(sum));
    }

    public static void Finish(DiscrepancyParameters p)
    {
        var warpSums = SharedMemory.Allocate<float>(Threads / GroupScan.LanesPerWarp);
        ulong partial = p.Partials + (ulong)(Grid.IdxX * Groups + Group.IdxX) * sizeof(float);
        float sum = GroupScan.Total(Interop.IntAsFloat(GlobalBytes.Load4(partial)), warpSums);
        if (Group.IdxX == 0)
            GlobalBytes.Store4(p.Result + (ulong)Grid.IdxX * sizeof(float), Interop.FloatAsInt(XMath.Sqrt(sum / p.Tokens)));
    }
}
