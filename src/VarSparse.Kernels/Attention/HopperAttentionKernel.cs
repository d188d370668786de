using ILGPU;
using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What the host must know of the Hopper kernel.</summary>
internal static class HopperAttentionKernel
{
    /// <summary>Consumer warp groups of a group of threads, with 64 queries each.</summary>
    public const int Consumers = 2;

    public const int Threads = (Consumers + 1) * 128;

    /// <summary>Stages of the ring: as many as Hopper's shared memory holds beside the queries.</summary>
    public static int Stages(int dimension) => dimension == 64 ? 6 : 3;

    /// <summary>The entry point's name, for reflection.</summary>
    public const string Run = "Run";
}

/// <summary>
/// Attention over a pattern on Hopper's warp-group tensor cores (sm_90a). A group of threads is one or two consumer warp groups of
/// 64 queries each and a producer warp group that gathers their keys and values through a ring in shared memory; it stays on its
/// multiprocessor and takes tiles until none is left, so that the fetches of a tile start while the previous one is computed.
/// </summary>
internal static class HopperAttentionKernel<TElement, THead, TOutput, TOptions>
    where TElement : unmanaged, IMatrixElement
    where THead : struct, IHopperHead<TOutput>
    where TOutput : unmanaged
    where TOptions : struct, IAttentionOptions
{
    /// <summary>Two consumers of 64 queries a group: 384 threads.</summary>
    public static void Run(AttentionParameters p, int stages)
    {
        const int consumers = HopperAttentionKernel.Consumers;
        HopperRing ring = HopperRing.At(SharedBytes.Base(), stages, consumers, THead.Dimension);
        if (Group.IdxX < stages)
        {
            AsyncBarrier.Initialize(HopperRing.KeysFull(ring, Group.IdxX), 128);
            AsyncBarrier.Initialize(HopperRing.ValuesFull(ring, Group.IdxX), 128);
            AsyncBarrier.Initialize(HopperRing.KeysEmpty(ring, Group.IdxX), consumers * 4);
            AsyncBarrier.Initialize(HopperRing.ValuesEmpty(ring, Group.IdxX), consumers * 4);
        }

        Group.Barrier();
        if (Group.IdxX >= consumers * 128)
        {
            RegisterBudget.Decrease(56);
            HopperProducer<TOptions>.Run(p, ring, stages, THead.Dimension, consumers, Group.IdxX - consumers * 128);
        }
        else
        {
            RegisterBudget.Increase(224);
            HopperConsumer<TElement, THead, TOutput, TOptions>.Run(p, ring, stages, consumers, Group.IdxX >> 7, Group.IdxX & 127);
        }
    }
}
