using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Tests.Support;

namespace VarSparse.Kernels.Tests.Intrinsics;

/// <summary>Kernels of one warp group for <see cref="WarpGroupTests"/>: how operands get into shared memory, and results out.</summary>
internal static class WarpGroupKernels
{
    public const int Threads = 128;
    public const int Blocks = 3;
    private const float Scale = 1f / 64;
    private const int PanelOf64 = 64 * SwizzledTile.RowBytes, PanelOf128 = 128 * SwizzledTile.RowBytes;

    /// <summary>
    /// Reads A [64, 128] and B [128, 128]; writes four products A B^T one after the other: [64, 64] and [64, 128] over 64 columns, then
    /// both over 128.
    /// </summary>
    [TestKernel(Hopper = true)]
    public static void Dots<TElement>(ulong input, ulong output)
        where TElement : unmanaged, IMatrixElement
    {
        uint shared = SharedBytes.Base(), right = shared + (2 * PanelOf64);
        Load(shared, input, 64);
        Load(right, input + (64 * 256), 128);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        WarpGroup.FenceAsyncProxy();
        Group.Barrier();
        ulong a = SwizzledTile.Rows(shared), b = SwizzledTile.Rows(right);
        Store(output, 64, 0, WarpGroup.Dot64<TElement>(a, b, 64, PanelOf64, PanelOf128));
        Store(output + (64 * 64 * 4), WarpGroup.Dot128<TElement>(a, b, 64, PanelOf64, PanelOf128));
        Store(output + (192 * 64 * 4), 64, 0, WarpGroup.Dot64<TElement>(a, b, 128, PanelOf64, PanelOf128));
        Store(output + (256 * 64 * 4), WarpGroup.Dot128<TElement>(a, b, 128, PanelOf64, PanelOf128));
    }

    /// <summary>
    /// Reads A [64, 128] and B [128, 128]; with C[r, c] = r + c / 128 writes C + A B over 64 columns of A with 64 and 128 columns of B,
    /// then both over 128 columns of A.
    /// </summary>
    [TestKernel(Hopper = true)]
    public static void Sums<TElement>(ulong input, ulong output)
        where TElement : unmanaged, IMatrixElement
    {
        uint shared = SharedBytes.Base();
        Load(shared, input + (64 * 256), 128);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        WarpGroup.FenceAsyncProxy();
        Group.Barrier();
        ulong b = SwizzledTile.Columns(shared, PanelOf128);
        var narrow = new LeftOperand64x64 { K0 = Fragment(input, 0), K1 = Fragment(input, 1), K2 = Fragment(input, 2), K3 = Fragment(input, 3) };
        var upper = new LeftOperand64x64 { K0 = Fragment(input, 4), K1 = Fragment(input, 5), K2 = Fragment(input, 6), K3 = Fragment(input, 7) };
        var wide = new LeftOperand64x128 { Left = narrow, Right = upper };
        var c = new Accumulator64x128 { Left = Ramp(0), Right = Ramp(64) };
        Store(output, 64, 0, WarpGroup.Accumulate<TElement>(c.Left, narrow, b));
        Store(output + (64 * 64 * 4), WarpGroup.Accumulate<TElement>(c, narrow, b));
        Store(output + (192 * 64 * 4), 64, 0, WarpGroup.Accumulate<TElement>(c.Left, wide, b));
        Store(output + (256 * 64 * 4), WarpGroup.Accumulate<TElement>(c, wide, b));
    }

    /// <summary>
    /// The shape of an attention loop: reads Q [64, 128] and three blocks of K [64, 128] and V [64, 128]; O = sum over blocks of
    /// exp2(Q K^T / 64) V, halved after every block but the last; the last block's upper 32 keys are hidden. The next block's scores and
    /// this block's sum run on the tensor cores at once, and the exponentials of the next block beside the sum.
    /// </summary>
    [TestKernel(Hopper = true)]
    public static void Pipeline<TElement>(ulong input, ulong output)
        where TElement : unmanaged, IMatrixElement
    {
        uint shared = SharedBytes.Base();
        for (uint matrix = 0; matrix < 1 + (2 * Blocks); matrix++)
            Load(shared + (matrix * 2 * PanelOf64), input + (matrix * 64 * 256), 64);
        AsyncCopy.Commit();
        AsyncCopy.Wait(0);
        WarpGroup.FenceAsyncProxy();
        Group.Barrier();
        ulong q = SwizzledTile.Rows(shared);
        uint block = shared + (2 * PanelOf64);
        var p = Pack<TElement>(Exponentials(WarpGroup.Dot64<TElement>(q, SwizzledTile.Rows(block), 128, PanelOf64, PanelOf64)));
        Accumulator64x128 o = default;
        for (int next = 1; next < Blocks; next++)
        {
            ulong v = SwizzledTile.Columns(block + (2 * PanelOf64), PanelOf64);
            block += 4 * PanelOf64;
            var startedScores = WarpGroup.StartDot64<TElement>(q, SwizzledTile.Rows(block), 128, PanelOf64, PanelOf64);
            var startedSum = WarpGroup.StartAccumulate<TElement>(o, p, v);
            var scores = WarpGroup.Wait(startedScores, 1);
            if (next == Blocks - 1)
                scores.T4 = scores.T5 = scores.T6 = scores.T7 = Hidden;
            var weights = Exponentials(scores);
            o = Halve(WarpGroup.Wait(startedSum, 0));
            p = Pack<TElement>(weights);
        }
        o = WarpGroup.Accumulate<TElement>(o, p, SwizzledTile.Columns(block + (2 * PanelOf64), PanelOf64));
        Store(output, o);
    }

    private static void Load(uint shared, ulong global, uint rows)
    {
        for (uint piece = (uint)Group.IdxX; piece < rows * 16; piece += Threads)
        {
            uint row = piece / 16, chunk = piece % 16;
            uint panel = chunk / SwizzledTile.ChunksPerRow * rows * SwizzledTile.RowBytes;
            AsyncCopy.Copy16(shared + panel + SwizzledTile.Offset(row, chunk % SwizzledTile.ChunksPerRow), global + (piece * 16));
        }
    }

    private static AccumulatorTile Hidden =>
        new(float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity);

    private static uint Row => ((uint)Group.IdxX / 32 * 16) + ((uint)Group.IdxX % 32 / 4);

    private static uint Column => (uint)Group.IdxX % 4 * 2;

    private static FragmentA Fragment(ulong matrix, uint step)
    {
        ulong at = matrix + (Row * 256) + (((step * 16) + Column) * 2);
        return new FragmentA(GlobalBytes.Load4(at), GlobalBytes.Load4(at + 2048), GlobalBytes.Load4(at + 16), GlobalBytes.Load4(at + 2064));
    }

    private static Accumulator64x64 Ramp(float column) => new()
    {
        T0 = RampTile(column),
        T1 = RampTile(column + 8),
        T2 = RampTile(column + 16),
        T3 = RampTile(column + 24),
        T4 = RampTile(column + 32),
        T5 = RampTile(column + 40),
        T6 = RampTile(column + 48),
        T7 = RampTile(column + 56),
    };

    private static AccumulatorTile RampTile(float column)
    {
        float first = Row + ((column + Column) * (1f / 128)), second = first + (1f / 128);
        return new AccumulatorTile(first, second, first + 8, second + 8);
    }

    private static Accumulator64x64 Exponentials(Accumulator64x64 s) => new()
    {
        T0 = Exponentials(s.T0),
        T1 = Exponentials(s.T1),
        T2 = Exponentials(s.T2),
        T3 = Exponentials(s.T3),
        T4 = Exponentials(s.T4),
        T5 = Exponentials(s.T5),
        T6 = Exponentials(s.T6),
        T7 = Exponentials(s.T7),
    };

    private static AccumulatorTile Exponentials(AccumulatorTile tile) => new(
        FastMath.Exp2(tile.Top0 * Scale), FastMath.Exp2(tile.Top1 * Scale),
        FastMath.Exp2(tile.Bottom0 * Scale), FastMath.Exp2(tile.Bottom1 * Scale));

    private static LeftOperand64x64 Pack<TElement>(Accumulator64x64 s)
        where TElement : unmanaged, IMatrixElement => new()
        {
            K0 = Pack<TElement>(s.T0, s.T1),
            K1 = Pack<TElement>(s.T2, s.T3),
            K2 = Pack<TElement>(s.T4, s.T5),
            K3 = Pack<TElement>(s.T6, s.T7),
        };

    private static FragmentA Pack<TElement>(AccumulatorTile left, AccumulatorTile right)
        where TElement : unmanaged, IMatrixElement => new(
            FastMath.Pack<TElement>(left.Top0, left.Top1), FastMath.Pack<TElement>(left.Bottom0, left.Bottom1),
            FastMath.Pack<TElement>(right.Top0, right.Top1), FastMath.Pack<TElement>(right.Bottom0, right.Bottom1));

    private static Accumulator64x128 Halve(Accumulator64x128 o) => new() { Left = Halve(o.Left), Right = Halve(o.Right) };

    private static Accumulator64x64 Halve(Accumulator64x64 o) => new()
    {
        T0 = Halve(o.T0),
        T1 = Halve(o.T1),
        T2 = Halve(o.T2),
        T3 = Halve(o.T3),
        T4 = Halve(o.T4),
        T5 = Halve(o.T5),
        T6 = Halve(o.T6),
        T7 = Halve(o.T7),
    };

    private static AccumulatorTile Halve(AccumulatorTile tile) =>
        new(tile.Top0 * 0.5f, tile.Top1 * 0.5f, tile.Bottom0 * 0.5f, tile.Bottom1 * 0.5f);

    private static void Store(ulong output, Accumulator64x128 d)
    {
        Store(output, 128, 0, d.Left);
        Store(output, 128, 64, d.Right);
    }

    private static void Store(ulong output, uint columns, uint column, Accumulator64x64 d)
    {
        StoreTile(output, columns, column, d.T0);
        StoreTile(output, columns, column + 8, d.T1);
        StoreTile(output, columns, column + 16, d.T2);
        StoreTile(output, columns, column + 24, d.T3);
        StoreTile(output, columns, column + 32, d.T4);
        StoreTile(output, columns, column + 40, d.T5);
        StoreTile(output, columns, column + 48, d.T6);
        StoreTile(output, columns, column + 56, d.T7);
    }

    private static void StoreTile(ulong output, uint columns, uint column, AccumulatorTile tile)
    {
        ulong at = output + (((Row * columns) + column + Column) * 4);
        GlobalBytes.Store4(at, Interop.FloatAsInt(tile.Top0));
        GlobalBytes.Store4(at + 4, Interop.FloatAsInt(tile.Top1));
        GlobalBytes.Store4(at + (8 * columns * 4), Interop.FloatAsInt(tile.Bottom0));
        GlobalBytes.Store4(at + (8 * columns * 4) + 4, Interop.FloatAsInt(tile.Bottom1));
    }
}
