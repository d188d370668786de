using VarSparse.Patterns;

namespace VarSparse.Torch.Diagnostics;

/// <summary>Attention that each key gets from each tile, [B, H, tiles, Lk].</summary>
internal sealed class TileMasses(float[] sums, int batch, int heads, QueryTiles tiles)
{
    private readonly int _keys = sums.Length / (batch * heads * tiles.TileCount);

    /// <summary>Mean share of a query's attention on the first keys.</summary>
    public double OnFirstKeys(int head, int count) =>
        Sum(head, (entry, tile) => Sum(Row(entry, head, tile)[..count])) / (batch * (double)tiles.QueryCount);

    /// <summary>Mean share of a query's attention on the keys of a pattern that has a list a tile.</summary>
    public double On(SparsePattern pattern, int head) => Sum(head, (entry, tile) =>
    {
        double sum = 0;
        foreach (int key in pattern.Lists.Keys(pattern.ListOf(entry, head, tile)))
            sum += Row(entry, head, tile)[key];
        return sum;
    }) / (batch * (double)tiles.QueryCount);

    /// <summary>
    /// Correlation over keys of these masses with those that the mapped keys get in the mapped tiles of a later scale, mean over its tiles.
    /// Batch entries that are no longer there are left out.
    /// </summary>
    public double Correlation(TileMasses later, IndexMapping mapping, int head) =>
        later.Sum(head, (entry, tile) => Correlation(Row(entry, head, mapping.DecisionTile(tile)), later.Row(entry, head, tile), mapping))
        / later.TileCount;

    private int TileCount => batch * tiles.TileCount;

    private ReadOnlySpan<float> Row(int entry, int head, int tile) => sums.AsSpan(((entry * heads + head) * tiles.TileCount + tile) * _keys, _keys);

    private double Sum(int head, Func<int, int, double> ofTile)
    {
        double sum = 0;
        for (int entry = 0; entry < batch; entry++)
        {
            for (int tile = 0; tile < tiles.TileCount; tile++)
                sum += ofTile(entry, tile);
        }

        return sum;
    }

    private static double Sum(ReadOnlySpan<float> masses)
    {
        double sum = 0;
        foreach (float mass in masses)
            sum += mass;
        return sum;
    }

    private static double Correlation(ReadOnlySpan<float> masses, ReadOnlySpan<float> later, IndexMapping mapping)
    {
        double count = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
        for (int key = 0; key < masses.Length; key++)
        {
            int target = mapping.Target(key);
            if (target < 0)
                continue;
            (double a, double b) = (masses[key], later[target]);
            (count, x, y, xx, yy, xy) = (count + 1, x + a, y + b, xx + a * a, yy + b * b, xy + a * b);
        }

        return (count * xy - x * y) / Math.Sqrt((count * xx - x * x) * (count * yy - y * y));
    }
}
