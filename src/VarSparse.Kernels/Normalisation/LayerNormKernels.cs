using ILGPU;
using VarSparse.Kernels.Selection;

namespace VarSparse.Kernels.Normalisation;

/// <summary>
/// The steps for rows that a group holds in registers: all that is read is asked for at once, so that much is under way, and each row goes
/// through memory once. Grid x counts tokens, y batch entries; a group has a row and as many warps as it takes.
/// </summary>
internal static class LayerNormKernels
{
    public const int MostThreads = 1024;

    public static void Modulate<TWord>(LayerNormParameters p)
        where TWord : unmanaged, IElementWord
    {
        SharePlace place = Place<TWord>(p);
        RowShare x = place.Load(p.X.Row), scale = place.Load(p.Scale.Row), shift = place.Load(p.Shift.Row);
        Write<TWord>(p, place, x, scale, shift);
    }

    public static void AddGated<TWord>(LayerNormParameters p)
        where TWord : unmanaged, IElementWord
    {
        SharePlace place = Place<TWord>(p);
        RowShare x = place.Load(p.X.Row), branch = place.Load(p.Branch.Row), gate = place.Load(p.Gate.Row);
        place.Store(p.X.Row, RowShare.MultiplyAdd<TWord>(branch, gate, x));
    }

    public static void AddGatedAndModulate<TWord>(LayerNormParameters p)
        where TWord : unmanaged, IElementWord
    {
        SharePlace place = Place<TWord>(p);
        RowShare x = place.Load(p.X.Row), branch = place.Load(p.Branch.Row), gate = place.Load(p.Gate.Row);
        RowShare scale = place.Load(p.Scale.Row), shift = place.Load(p.Shift.Row);
        x = RowShare.MultiplyAdd<TWord>(branch, gate, x);
        place.Store(p.X.Row, x);
        Write<TWord>(p, place, x, scale, shift);
    }

    private static SharePlace Place<TWord>(LayerNormParameters p)
        where TWord : unmanaged, IElementWord =>
        new(p.Width * TWord.ElementBytes / RowShare.VectorBytes);

    private static void Write<TWord>(LayerNormParameters p, SharePlace place, RowShare x, RowShare scale, RowShare shift)
        where TWord : unmanaged, IElementWord
    {
        var sums = SharedMemory.Allocate<float>(GroupScan.LanesPerWarp);
        var squares = SharedMemory.Allocate<float>(GroupScan.LanesPerWarp);
        float mean = Modulation.Mean(p, place.Sum<TWord>(x), sums);
        RowStatistics row = Modulation.Statistics(p, mean, place.SquaredDeviations<TWord>(x, mean), squares);
        place.Store(p.Output.Row, RowShare.Modulate<TWord>(x, row, scale, p.ScaleOffset, shift));
    }
}
