using System.Runtime.CompilerServices;
using ILGPU;

namespace VarSparse.Kernels.Intrinsics.Emulation;

/// <summary>
/// CPU accelerator only: the products of a warp group. Every thread computes its own share of the result straight from shared
/// memory, through the descriptors; left operands in registers it takes from its warp.
/// </summary>
internal static unsafe class SoftwareWarpGroup
{
    private const int MaxDepth = 256;

    public static TAccumulator Dot<TElement, TAccumulator>(ulong a, ulong b, int depth, int panelBytesA, int panelBytesB)
        where TElement : IMatrixElement
        where TAccumulator : unmanaged
    {
        if (depth is <= 0 or > MaxDepth || depth % 16 != 0)
            throw new ArgumentOutOfRangeException(nameof(depth), depth, $"a multiple of 16 up to {MaxDepth} expected");
        var (row, column) = Share();
        float* top = stackalloc float[depth], bottom = stackalloc float[depth], right = stackalloc float[depth];
        ReadRow<TElement>(a, row, depth, panelBytesA, top);
        ReadRow<TElement>(a, row + 8, depth, panelBytesA, bottom);

        TAccumulator result = default;
        float* d = (float*)&result;
        for (int tile = 0; tile < sizeof(TAccumulator) / sizeof(AccumulatorTile); tile++)
        {
            for (int pair = 0; pair < 2; pair++)
            {
                ReadRow<TElement>(b, (8 * tile) + column + pair, depth, panelBytesB, right);
                d[(4 * tile) + pair] = Dot(top, right, depth);
                d[(4 * tile) + 2 + pair] = Dot(bottom, right, depth);
            }
        }
        return result;
    }

    public static TAccumulator Accumulate<TElement, TAccumulator, TLeft>(TAccumulator c, TLeft a, ulong b)
        where TElement : IMatrixElement
        where TAccumulator : unmanaged
        where TLeft : unmanaged
    {
        int depth = sizeof(TLeft) / sizeof(FragmentA) * 16;
        float* top = stackalloc float[depth], bottom = stackalloc float[depth];
        var lanes = WarpExchange.Publish(a);
        int quad = Warp.LaneIdx / 4 * 4;
        for (int member = 0; member < 4; member++)
        {
            var share = lanes[quad + member];
            var fragments = (FragmentA*)&share;
            for (int step = 0; step < depth / 16; step++)
            {
                int k = (16 * step) + (2 * member);
                Unpack<TElement>(fragments[step].A0, top + k);
                Unpack<TElement>(fragments[step].A1, bottom + k);
                Unpack<TElement>(fragments[step].A2, top + k + 8);
                Unpack<TElement>(fragments[step].A3, bottom + k + 8);
            }
        }

        var (_, column) = Share();
        float* d = (float*)&c;
        float* right = stackalloc float[2];
        for (int tile = 0; tile < sizeof(TAccumulator) / sizeof(AccumulatorTile); tile++)
        {
            for (int k = 0; k < depth; k++)
            {
                Unpack<TElement>(ReadPair(b, k, (8 * tile) + column), right);
                d[4 * tile] += top[k] * right[0];
                d[(4 * tile) + 1] += top[k] * right[1];
                d[(4 * tile) + 2] += bottom[k] * right[0];
                d[(4 * tile) + 3] += bottom[k] * right[1];
            }
        }
        return c;
    }

    /// <summary>The thread's upper row in 64, and its left column in a tile of 8.</summary>
    private static (int Row, int Column) Share()
    {
        int warp = Group.LinearIndex / 32 % 4;
        return ((16 * warp) + (Warp.LaneIdx / 4), 2 * (Warp.LaneIdx % 4));
    }

    /// <summary>A row of a K-major operand: eight rows a stride, panels of 64 columns.</summary>
    private static void ReadRow<TElement>(ulong descriptor, int row, int depth, int panelBytes, float* values)
        where TElement : IMatrixElement
    {
        var (start, _, stride) = Fields(descriptor);
        for (int k = 0; k < depth; k += 2)
        {
            long offset = (row / 8 * stride) + (row % 8 * SwizzledTile.RowBytes) + WarpGroup.RowOffset(k / 16, panelBytes) + (k % 16 * 2);
            Unpack<TElement>(Read(start + offset), values + k);
        }
    }

    /// <summary>Two neighbouring columns of a row of an MN-major operand: eight rows a stride, panels of 64 columns a leading offset.</summary>
    private static uint ReadPair(ulong descriptor, int k, int column)
    {
        var (start, leading, stride) = Fields(descriptor);
        return Read(start + (k / 8 * stride) + (k % 8 * SwizzledTile.RowBytes) + (column / 64 * leading) + (column % 64 * 2));
    }

    private static (long Start, long Leading, long Stride) Fields(ulong descriptor)
    {
        if (descriptor >> 62 != 1)
            throw new InvalidOperationException($"matrix descriptor {descriptor:x16}: the 128-byte swizzle expected");
        return ((long)(descriptor & 0x3FFF) * 16, (long)(descriptor >> 16 & 0x3FFF) * 16, (long)(descriptor >> 32 & 0x3FFF) * 16);
    }

    private static uint Read(long linear)
    {
        long swizzled = linear ^ ((linear >> 7 & 7) << 4);
        return Unsafe.Read<uint>(SoftwareGroup.Pointer((uint)swizzled, 4, 4));
    }

    private static void Unpack<TElement>(uint pair, float* values)
        where TElement : IMatrixElement
    {
        values[0] = TElement.ToSingle((ushort)pair);
        values[1] = TElement.ToSingle((ushort)(pair >> 16));
    }

    private static float Dot(float* left, float* right, int count)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
            sum += left[i] * right[i];
        return sum;
    }
}
