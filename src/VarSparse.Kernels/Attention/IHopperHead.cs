using VarSparse.Kernels.Intrinsics;

namespace VarSparse.Kernels.Attention;

/// <summary>What the Hopper kernel does differently for each head dimension, on the registers that hold queries and output.</summary>
/// <typeparam name="TQueries">A thread's share of 64 queries.</typeparam>
/// <typeparam name="TOutput">A thread's share of 64 output rows.</typeparam>
internal interface IHopperHead<TQueries, TOutput>
    where TQueries : unmanaged
    where TOutput : unmanaged
{
    static abstract int Dimension { get; }

    /// <summary>Reads the thread's share of queries from two rows of global memory.</summary>
    static abstract TQueries LoadQueries(ulong top, ulong bottom);

    /// <summary>Starts scores = queries times keys transposed, for 64 keys at a shared-memory address.</summary>
    static abstract Accumulator64x64 StartScores<TElement>(TQueries queries, uint keys)
        where TElement : unmanaged, IMatrixElement;

    /// <summary>Starts output += probabilities times values, for 64 values at a shared-memory address.</summary>
    static abstract TOutput StartOutput<TElement>(TOutput output, LeftOperand64x64 probabilities, uint values)
        where TElement : unmanaged, IMatrixElement;

    static abstract TOutput Wait(TOutput started, int pending);

    static abstract TOutput Scale(TOutput output, float top, float bottom);

    /// <summary>Writes the thread's share of two rows to global memory; a row at address 0 is left out.</summary>
    static abstract void Store<TElement>(TOutput output, ulong top, ulong bottom)
        where TElement : unmanaged, IMatrixElement;
}
