using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// How the source scales beyond the sinks are cut into blocks. Blocks of a later scale come first, so that those of earlier scales keep
/// their distance to the first token from scale to scale.
/// </summary>
internal sealed class FarFieldBlocks
{
    private const int UpToSide4 = 22;
    private const int UpToSide8 = 56;

    private readonly int[] _sides;
    private readonly int[] _first;

    public FarFieldBlocks(ScaleSchedule schedule, int queryScale, FarFieldOptions options)
    {
        FirstScale = Math.Min(options.SinkScales, queryScale + 1);
        _sides = Sides(schedule, options);
        _first = new int[schedule.Count];
        List<FarFieldBlock> all = [];
        for (int scale = queryScale; scale >= FirstScale; scale--)
        {
            _first[scale] = all.Count;
            Cut(scale, schedule[scale], _sides[scale], all);
        }

        All = [.. all];
    }

    public FarFieldBlock[] All { get; }

    /// <summary>The first scale that is cut; behind the query scale if there is none.</summary>
    public int FirstScale { get; }

    public int Side(int scale) => _sides[scale];

    /// <summary>Index of the first block of a source scale beyond the sinks.</summary>
    public int First(int scale) => _first[scale];

    public static GridSize Grid(GridSize grid, int side) => new(QueryTiles.CeilingDivide(grid.Height, side), QueryTiles.CeilingDivide(grid.Width, side));

    public static int DefaultSide(GridSize grid) => grid.TokenCount < UpToSide4 * UpToSide4 ? 2 : grid.TokenCount < UpToSide8 * UpToSide8 ? 4 : 8;

    private static void Cut(int scale, GridSize grid, int side, List<FarFieldBlock> blocks)
    {
        GridSize count = Grid(grid, side);
        for (int row = 0; row < count.Height; row++)
        {
            for (int column = 0; column < count.Width; column++)
            {
                (int top, int left) = (row * side, column * side);
                blocks.Add(new FarFieldBlock(scale, top, left, Math.Min(side, grid.Height - top), Math.Min(side, grid.Width - left)));
            }
        }
    }

    private static int[] Sides(ScaleSchedule schedule, FarFieldOptions options)
    {
        if (options.BlockSides is null)
            return [.. schedule.Select(DefaultSide)];
        if (options.BlockSides.Count != schedule.Count)
        {
            throw new ArgumentException(
                $"BlockSides: got {options.BlockSides.Count} sides, expected {schedule.Count}, one for each scale of the schedule.", nameof(options));
        }

        for (int scale = 0; scale < schedule.Count; scale++)
        {
            if (options.BlockSides[scale] < 1)
                throw new ArgumentException($"BlockSides: scale {scale} has {options.BlockSides[scale]}, expected at least 1.", nameof(options));
        }

        return [.. options.BlockSides];
    }
}
