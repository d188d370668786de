using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Selection;

namespace VarSparse.Kernels.Normalisation;

/// <summary>The arithmetic that all kernels of this folder share.</summary>
internal static class Modulation
{
    /// <summary>A row's mean from what each thread of the group has of its sum.</summary>
    public static float Mean(LayerNormParameters p, float threadSum, ArrayView<float> warpSums) =>
        GroupScan.Total(threadSum, warpSums) * p.InverseWidth;

    /// <summary>The statistics from what each thread has of the squared deviations.</summary>
    public static RowStatistics Statistics(LayerNormParameters p, float mean, float threadSquares, ArrayView<float> warpSums) => new()
    {
        Mean = mean,
        InverseDeviation = FastMath.ReciprocalSquareRoot(FastMath.Fma(GroupScan.Total(threadSquares, warpSums), p.InverseWidth, p.Eps)),
    };

    /// <summary>An element of the result.</summary>
    public static float Of(float x, RowStatistics row, float factor, float shift) =>
        FastMath.Fma((x - row.Mean) * row.InverseDeviation, factor, shift);
}
