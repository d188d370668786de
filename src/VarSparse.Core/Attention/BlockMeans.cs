using System.Numerics.Tensors;
using VarSparse.Attention.Simd;
using VarSparse.Patterns;

namespace VarSparse.Attention;

/// <summary>The mean of the keys, or of the values, over each block of a far-field plan, on the CPU.</summary>
public static unsafe class BlockMeans
{
    /// <summary>Averages over all blocks: mean[b, h, s] = 1 / n_s sum over the n_s members i of block s of rows[b, h, i], summed in float32.</summary>
    /// <typeparam name="T">float, <see cref="Half"/> or <see cref="BFloat16"/>.</typeparam>
    /// <param name="rows">Keys or values of the tokens, [B, H, Lk, D]; D a multiple of 8, at most 256.</param>
    /// <param name="plan">The blocks, over Lk tokens.</param>
    /// <param name="means">Where to write the means, [B, H, S, D]; all of it is written, zeros for a block without tokens.</param>
    /// <exception cref="ArgumentException">Sizes, strides or element types do not fit; the message names the argument.</exception>
    public static void Run<T>(AttentionInput<T> rows, FarFieldPlan plan, AttentionOutput<T> means)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(plan);
        AttentionChecks.CheckBlockMeans(rows.Layout, means.Layout, plan.TokenCount, plan.SummaryCount);
        if (!Elements<T>.IsSupported)
            throw new ArgumentException($"rows: element type is {typeof(T).Name}, expected Single, Half or BFloat16.", nameof(rows));
        Run(rows, plan, .., means, Environment.ProcessorCount);
    }

    /// <summary>The same for some of the blocks; sizes and element type are known to fit.</summary>
    internal static void Run<T>(AttentionInput<T> rows, FarFieldPlan plan, Range blocks, AttentionOutput<T> means, int threads)
        where T : unmanaged
    {
        (int first, int count) = blocks.GetOffsetAndLength(plan.SummaryCount);
        AttentionLayout from = rows.Layout, to = means.Layout;
        fixed (T* source = rows, destination = means)
        {
            // A lambda cannot take the pinned pointers themselves.
            (nint sourceAddress, nint destinationAddress) = ((nint)source, (nint)destination);
            Parallel.For(0, from.Batch * from.Heads, new ParallelOptions { MaxDegreeOfParallelism = threads }, matrix =>
            {
                (int batch, int head) = Math.DivRem(matrix, from.Heads);
                T* tokens = (T*)sourceAddress + from.Offset(batch, head, 0);
                T* summaries = (T*)destinationAddress + to.Offset(batch, head, 0);
                for (int block = first; block < first + count; block++)
                    Average(tokens, from.TokenStride, plan.Members(block), summaries + (block - first) * to.TokenStride, from.HeadDimension);
            });
        }
    }

    private static void Average<T>(T* tokens, long stride, ReadOnlySpan<int> members, T* mean, int length)
        where T : unmanaged
    {
        float* widened = stackalloc float[AttentionChecks.LargestHeadDimension];
        Span<float> sum = stackalloc float[AttentionChecks.LargestHeadDimension];
        sum = sum[..length];
        sum.Clear();
        foreach (int member in members)
        {
            Elements<T>.Widen(tokens + member * stride, widened, length);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(widened, length), sum);
        }

        if (!members.IsEmpty)
            TensorPrimitives.Divide(sum, members.Length, sum);
        fixed (float* result = sum)
            Elements<T>.Narrow(result, mean, length);
    }
}
