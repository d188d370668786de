using ILGPU;
using VarSparse.Kernels.Intrinsics;
using VarSparse.Kernels.Selection;

namespace VarSparse.Kernels.Normalisation;

/// <summary>
/// The steps for rows of any length and alignment, element by element. A step that has no rows in its parameters is left out. Grid x counts
/// tokens, y batch entries; a group has a row, which its threads go over anew for each sum: a thread reads what it wrote itself.
/// </summary>
internal static class AnyLayerNormKernel
{
    public const int MostThreads = 256;

    public static void Run<TElement>(LayerNormParameters p)
        where TElement : unmanaged, IDeviceElement
    {
        var sums = SharedMemory.Allocate<float>(GroupScan.LanesPerWarp);
        var squares = SharedMemory.Allocate<float>(GroupScan.LanesPerWarp);
        ulong x = p.X.Row;
        if (p.Branch.Address != 0)
        {
            ulong branch = p.Branch.Row, gate = p.Gate.Row;
            for (int i = Group.IdxX; i < p.Width; i += Group.DimX)
                Store<TElement>(x, i, FastMath.Fma(Load<TElement>(branch, i), Load<TElement>(gate, i), Load<TElement>(x, i)));
        }

        if (p.Output.Address == 0)
            return;
        float sum = 0;
        for (int i = Group.IdxX; i < p.Width; i += Group.DimX)
            sum += Load<TElement>(x, i);
        float mean = Modulation.Mean(p, sum, sums);
        float squared = 0;
        for (int i = Group.IdxX; i < p.Width; i += Group.DimX)
        {
            float deviation = Load<TElement>(x, i) - mean;
            squared += deviation * deviation;
        }

        RowStatistics row = Modulation.Statistics(p, mean, squared, squares);
        ulong scale = p.Scale.Row, shift = p.Shift.Row, output = p.Output.Row;
        for (int i = Group.IdxX; i < p.Width; i += Group.DimX)
            Store<TElement>(output, i, Modulation.Of(Load<TElement>(x, i), row, Load<TElement>(scale, i) + p.ScaleOffset, Load<TElement>(shift, i)));
    }

    private static float Load<TElement>(ulong row, int index)
        where TElement : unmanaged, IDeviceElement =>
        TElement.Load(row + (ulong)((long)index * TElement.Bytes));

    private static void Store<TElement>(ulong row, int index, float value)
        where TElement : unmanaged, IDeviceElement =>
        TElement.Store(row + (ulong)((long)index * TElement.Bytes), value);
}
