using ILGPU;
using VarSparse.Kernels.Attention.Portable;

namespace VarSparse.Kernels.Attention.Uncovered;

/// <summary>
/// Gives queries that stand in no tile what a query gets that sees no key: zeros, and a log-sum-exp of minus infinity. Grid x counts
/// such queries, y heads, z batch entries; the threads of a group share a row. No inline PTX: it serves every backend.
/// </summary>
internal static class UncoveredQueriesKernel
{
    /// <typeparam name="T">An element, or anything of its size whose zero has only zero bits.</typeparam>
    /// <param name="uncovered">The queries.</param>
    /// <param name="output">Output, from its first element on.</param>
    /// <param name="logSumExp">[B, H, Lq] contiguous, or empty.</param>
    /// <param name="sizes">Strides of the output and sizes; the rest is not read.</param>
    public static void Run<T>(ArrayView<int> uncovered, ArrayView<T> output, ArrayView<float> logSumExp, PortableSizes sizes)
        where T : unmanaged
    {
        int query = uncovered[Grid.IdxX];
        long row = Grid.IdxZ * sizes.OutputBatchStride + Grid.IdxY * sizes.OutputHeadStride + query * sizes.OutputTokenStride;
        for (int column = Group.IdxX; column < sizes.HeadDimension; column += Group.DimX)
            output[row + column] = default;
        if (Group.IdxX == 0 && logSumExp.Length > 0)
            logSumExp[((long)Grid.IdxZ * sizes.Heads + Grid.IdxY) * sizes.QueryCount + query] = float.NegativeInfinity;
    }
}
