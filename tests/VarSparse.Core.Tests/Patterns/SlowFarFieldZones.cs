using VarSparse.Geometry;
using VarSparse.Patterns;

namespace VarSparse.Core.Tests.Patterns;

/// <summary>
/// The definition of far-field blocks, token by token and query by query: which level of blocks each query sees each token through. Level 0 is
/// the smallest blocks, each level above it has twice the side.
/// </summary>
internal sealed class SlowFarFieldZones
{
    private readonly ScaleSchedule _schedule;
    private readonly int _queryScale;
    private readonly FarFieldOptions _options;

    /// <summary>For each level, which tokens lie in a query's zone: the window, and what is around it.</summary>
    private readonly List<bool[,]> _zones;

    /// <param name="schedule">The scales.</param>
    /// <param name="queryScale">The scale of the queries.</param>
    /// <param name="options">With windows and sides.</param>
    public SlowFarFieldZones(ScaleSchedule schedule, int queryScale, FarFieldOptions options)
    {
        (_schedule, _queryScale, _options) = (schedule, queryScale, options);
        bool[,] windows = SlowCrossScaleLocal.Mask(schedule, queryScale, options.Windows!, sinkScales: 0);
        _zones = [windows, .. options.CoarserBeyond.Select(Around)];
        if (!options.ExactMask)
            _zones = _zones.ConvertAll(zone => SlowCrossScaleLocal.WholeTiles(zone, schedule[queryScale], options.Tile.Height, options.Tile.Width));
    }

    /// <summary>Levels of a scale: the last is the first that has one block, if there are distances enough.</summary>
    public int Levels(int scale)
    {
        int levels = 1;
        while (levels <= _options.CoarserBeyond.Count && Math.Max(_schedule[scale].Height, _schedule[scale].Width) > Side(scale, levels - 1))
            levels++;
        return levels;
    }

    public FarFieldBlock BlockOf(int token, int level)
    {
        (int scale, int row, int column) = _schedule.Position(token);
        int side = Side(scale, level);
        (int top, int left) = (row - row % side, column - column % side);
        return new FarFieldBlock(scale, top, left, Math.Min(side, _schedule[scale].Height - top), Math.Min(side, _schedule[scale].Width - left));
    }

    /// <summary>The level of the block through which a query sees a token, or -1 if it sees the token itself.</summary>
    public int LevelSeen(int query, int token)
    {
        int scale = _schedule.Position(token).Scale;
        if (scale < _options.SinkScales)
            return -1;
        int level = Levels(scale) - 1;
        while (level >= 0 && Cells(_schedule, BlockOf(token, level)).Any(cell => _zones[level][query, cell]))
            level--;
        return level;
    }

    public static IEnumerable<int> Cells(ScaleSchedule schedule, FarFieldBlock block) =>
        from row in Enumerable.Range(block.Top, block.Height)
        from column in Enumerable.Range(block.Left, block.Width)
        select schedule.Token(new TokenPosition(block.Scale, row, column));

    private int Side(int scale, int level) => _options.BlockSides![scale] << level;

    /// <summary>Tokens of the smallest blocks that are at most so many blocks away from one that the window touches.</summary>
    private bool[,] Around(int distance)
    {
        GridSize grid = _schedule[_queryScale];
        return DenseMasks.Create(grid.TokenCount, _schedule.TokensThrough(_queryScale), (query, token) =>
        {
            (int scale, int row, int column) = _schedule.Position(token);
            GridSize source = _schedule[scale];
            int window = _options.Windows![scale], side = Side(scale, 0);
            return IsAround(query / grid.Width, grid.Height, row, source.Height) && IsAround(query % grid.Width, grid.Width, column, source.Width);

            bool IsAround(int place, int queryExtent, int cell, int extent)
            {
                int centre = SlowCrossScaleLocal.Centre(place, queryExtent, extent);
                int[] touched = [.. Enumerable.Range(0, extent).Where(other => Math.Abs(other - centre) <= Math.Floor(window / 2.0))];
                return (touched.Length > 0 ? touched : [Math.Min(centre, extent - 1)]).Any(other => Math.Abs(other / side - cell / side) <= distance);
            }
        });
    }
}
