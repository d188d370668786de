using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// How the source scales beyond the sinks are cut into blocks: the smallest first, then, where blocks grow with distance, each level with
/// twice the side of the one before, down to a single block. Blocks of a later scale come first, so that those of earlier scales keep
/// their distance to the first token from scale to scale.
/// </summary>
internal sealed class FarFieldBlocks
{
    private readonly FarFieldLevel[][] _levels;

    public FarFieldBlocks(ScaleSchedule schedule, int queryScale, FarFieldOptions options)
    {
        FirstScale = Math.Min(options.SinkScales, queryScale + 1);
        int[] sides = Sides(schedule, options);
        int mostLevels = 1 + CheckedDistances(options).Count;
        _levels = new FarFieldLevel[schedule.Count][];
        List<FarFieldBlock> all = [];
        for (int scale = queryScale; scale >= FirstScale; scale--)
            _levels[scale] = Cut(scale, schedule[scale], sides[scale], mostLevels, all);
        All = [.. all];
    }

    public FarFieldBlock[] All { get; }

    /// <summary>The first scale that is cut; behind the query scale if there is none.</summary>
    public int FirstScale { get; }

    /// <summary>The levels of a source scale beyond the sinks, the smallest blocks first; at least one.</summary>
    public ReadOnlySpan<FarFieldLevel> Levels(int scale) => _levels[scale];

    private static FarFieldLevel[] Cut(int scale, GridSize grid, int side, int mostLevels, List<FarFieldBlock> blocks)
    {
        List<FarFieldLevel> levels = [];
        do
        {
            GridSize count = new(QueryTiles.CeilingDivide(grid.Height, side), QueryTiles.CeilingDivide(grid.Width, side));
            levels.Add(new FarFieldLevel(blocks.Count, side, count));
            Cut(scale, grid, side, count, blocks);
            side *= 2;
        }
        while (levels.Count < mostLevels && levels[^1].Grid.TokenCount > 1);

        return [.. levels];
    }

    private static void Cut(int scale, GridSize grid, int side, GridSize count, List<FarFieldBlock> blocks)
    {
        for (int row = 0; row < count.Height; row++)
        {
            for (int column = 0; column < count.Width; column++)
            {
                (int top, int left) = (row * side, column * side);
                blocks.Add(new FarFieldBlock(scale, top, left, Math.Min(side, grid.Height - top), Math.Min(side, grid.Width - left)));
            }
        }
    }

    private static IReadOnlyList<int> CheckedDistances(FarFieldOptions options)
    {
        IReadOnlyList<int> distances = options.CoarserBeyond ?? throw new ArgumentException("CoarserBeyond: got null, expected distances, or none.", nameof(options));
        for (int i = 0; i < distances.Count; i++)
        {
            if (distances[i] < (i == 0 ? 0 : distances[i - 1]))
            {
                throw new ArgumentException(
                    $"CoarserBeyond: got {string.Join(", ", distances)}, expected numbers of at least 0, ascending.", nameof(options));
            }
        }

        return distances;
    }

    private static int[] Sides(ScaleSchedule schedule, FarFieldOptions options)
    {
        if (options.BlockSides is null)
            return [.. schedule.Select(_ => FarField.DefaultBlockSide)];
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
