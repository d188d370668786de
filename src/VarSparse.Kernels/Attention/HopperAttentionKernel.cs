using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What the host must know of the Hopper kernel.</summary>
internal static class HopperAttentionKernel
{
    /// <summary>Consumer warp groups of a group of threads, with 64 queries each.</summary>
    public const int Consumers = 2;

    public const int Threads = (Consumers + 1) * 128;

    /// <summary>The entry point's name, for reflection.</summary>
    public const string Run = "Run";
}

/// <summary>
/// Attention over a pattern on Hopper's warp-group tensor cores (sm_90a). A group of threads is two consumer warp groups of 64 queries
/// each and a producer warp group that gathers queries, keys and values through shared memory; it stays on its multiprocessor and takes tiles until none is left, so that the fetches of a tile start while the previous one is computed.
/// </summary>
internal static class HopperAttentionKernel<TElement, THead, TOutput, TOptions>
    where TElement : unmanaged, IMatrixElement
    where THead : struct, IHopperHead<TOutput>
    where TOutput : unmanaged
    where TOptions : struct, IAttentionOptions
{
    /// <summary>384 threads.</summary>
    /// <param name="p">The problem.</param>
    /// <param name="way">From a group's unit of work to its next, <see cref="TileWork.Of"/> the number of groups.</param>
    public static void Run(AttentionParameters p, TileWork way)
    {
        const int consumers = HopperAttentionKernel.Consumers;
        HopperRing ring = HopperRing.At(SharedBytes.Base(), THead.Dimension);
        if (Group.IdxX < HopperRing.Stages)
        {
            AsyncBarrier.Initialize(HopperRing.Full(ring, Group.IdxX), HopperProducer<TOptions>.Threads);
            AsyncBarrier.Initialize(HopperRing.Empty(ring, Group.IdxX), consumers * 4);
        }

        if (Group.IdxX < HopperRing.Tiles)
        {
            AsyncBarrier.Initialize(HopperRing.QueriesFull(ring, Group.IdxX), HopperProducer<TOptions>.TileArrivals);
            AsyncBarrier.Initialize(HopperRing.QueriesEmpty(ring, Group.IdxX), consumers * 128);
        }

        Group.Barrier();
        if (Group.IdxX >= consumers * 128)
        {
            RegisterBudget.Decrease(72);
            HopperProducer<TOptions>.Run(p, way, ring, THead.Dimension, Group.IdxX - consumers * 128);
        }
        else
        {
            RegisterBudget.Increase(216);
            HopperConsumer<TElement, THead, TOutput, TOptions>.Run(p, ring, Group.IdxX >> 7, Group.IdxX & 127);
        }
    }
}
