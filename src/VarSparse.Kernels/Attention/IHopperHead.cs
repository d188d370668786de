using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What the Hopper kernel does differently for each head dimension, on the registers that hold the output.</summary>
/// <typeparam name="TOutput">A thread's share of 64 output rows.</typeparam>
internal interface IHopperHead<TOutput>
    where TOutput : unmanaged
{
    static abstract int Dimension { get; }

    /// <summary>Starts scores = queries times keys transposed, for 64 queries and 128 keys at shared-memory addresses.</summary>
    static abstract Accumulator64x128 StartScores<TElement>(uint queries, uint keys)
        where TElement : unmanaged, IMatrixElement;

    /// <summary>Starts output += probabilities times values, for 128 values at a shared-memory address; = where it does not accumulate.</summary>
    static abstract TOutput StartOutput<TElement>(TOutput output, LeftOperand64x128 probabilities, uint values, bool accumulates)
        where TElement : unmanaged, IMatrixElement;

    /// <summary>An output that holds anything, for a product that does not accumulate.</summary>
    static abstract TOutput Unset();

    static abstract TOutput Wait(TOutput started, int pending);

    static abstract TOutput Scale(TOutput output, float top, float bottom);

    /// <summary>Rounds the thread's share and puts it into panels of 64 rows in shared memory.</summary>
    static abstract void Stage<TElement>(TOutput output, uint staging, int thread)
        where TElement : unmanaged, IMatrixElement;
}
