using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace VarSparse.Attention.Simd;

/// <summary>Transposition of small float32 matrices in 4 x 4 blocks.</summary>
internal static unsafe class Transposition
{
    /// <summary>destination[column * destinationStride + row] = source[row * sourceStride + column] * factor, both sizes multiples of 4.</summary>
    public static void Scaled(
        float* source, int sourceStride, float* destination, int destinationStride, int rows, int columns, float factor)
    {
        Vector128<float> scale = Vector128.Create(factor);
        for (int row = 0; row < rows; row += 4)
        {
            for (int column = 0; column < columns; column += 4)
            {
                float* from = source + row * sourceStride + column;
                float* to = destination + column * destinationStride + row;
                Vector128<float> a = Vector128.Load(from) * scale;
                Vector128<float> b = Vector128.Load(from + sourceStride) * scale;
                Vector128<float> c = Vector128.Load(from + 2 * sourceStride) * scale;
                Vector128<float> d = Vector128.Load(from + 3 * sourceStride) * scale;
                (Vector128<float> acLow, Vector128<float> acHigh) = Interleave(a, c);
                (Vector128<float> bdLow, Vector128<float> bdHigh) = Interleave(b, d);
                (a, b) = Interleave(acLow, bdLow);
                (c, d) = Interleave(acHigh, bdHigh);
                a.Store(to);
                b.Store(to + destinationStride);
                c.Store(to + 2 * destinationStride);
                d.Store(to + 3 * destinationStride);
            }
        }
    }

    /// <summary>(l0, r0, l1, r1) and (l2, r2, l3, r3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Interleave(Vector128<float> left, Vector128<float> right)
    {
        if (Sse.IsSupported)
            return (Sse.UnpackLow(left, right), Sse.UnpackHigh(left, right));
        if (AdvSimd.Arm64.IsSupported)
            return (AdvSimd.Arm64.ZipLow(left, right), AdvSimd.Arm64.ZipHigh(left, right));
        return (Vector128.Create(left[0], right[0], left[1], right[1]), Vector128.Create(left[2], right[2], left[3], right[3]));
    }
}
