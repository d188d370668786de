using VarSparse.Geometry;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>The paper's definition of cross-scale local attention, word by word, pair by pair.</summary>
internal static class SlowCrossScaleLocal
{
    public static bool[,] Mask(ScaleSchedule schedule, int queryScale, IReadOnlyList<int> windows, int sinkScales)
    {
        GridSize grid = schedule[queryScale];
        int keys = schedule.TokensThrough(queryScale);
        var mask = new bool[grid.TokenCount, keys];
        for (int key = 0; key < keys; key++)
        {
            (int scale, int row, int column) = schedule.Position(key);
            int radius = (int)Math.Floor(windows[scale] / 2.0);
            for (int y = 0; y < grid.Height; y++)
            {
                bool rowSeen = Math.Abs(Centre(y, grid.Height, schedule[scale].Height) - row) <= radius;
                if (!rowSeen && scale >= sinkScales)
                    continue;
                for (int x = 0; x < grid.Width; x++)
                {
                    bool columnSeen = Math.Abs(Centre(x, grid.Width, schedule[scale].Width) - column) <= radius;
                    mask[y * grid.Width + x, key] = scale < sinkScales || columnSeen;
                }
            }
        }

        return mask;
    }

    /// <summary>Every query of a tile sees what any query of it sees.</summary>
    public static bool[,] WholeTiles(bool[,] mask, GridSize grid, int tileHeight, int tileWidth)
    {
        HashSet<(int, int, int)> seen = [];
        for (int query = 0; query < mask.GetLength(0); query++)
        {
            for (int key = 0; key < mask.GetLength(1); key++)
            {
                if (mask[query, key])
                    seen.Add((query / grid.Width / tileHeight, query % grid.Width / tileWidth, key));
            }
        }

        return DenseMasks.Create(
            mask.GetLength(0), mask.GetLength(1), (query, key) => seen.Contains((query / grid.Width / tileHeight, query % grid.Width / tileWidth, key)));
    }

    /// <summary>round(y / Hq * Hh); decimal, because products of sides and halves are exact in it.</summary>
    public static int Centre(int coordinate, int queryExtent, int sourceExtent) =>
        (int)Math.Round((decimal)coordinate * sourceExtent / queryExtent, MidpointRounding.ToEven);
}
