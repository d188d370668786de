using TorchSharp;
using VarSparse.Geometry;
using static TorchSharp.torch;

namespace VarSparse.FarFieldStudy;

/// <summary>What the queries of a scale see of one source scale: some tokens, and of the others the summaries of blocks. Each token counts once.</summary>
internal sealed class SourceScale : IDisposable
{
    private SourceScale(int firstToken, int tokenCount, Tensor hiddenTokens, BlockLevel[] levels)
    {
        FirstToken = firstToken;
        TokenCount = tokenCount;
        HiddenTokens = hiddenTokens;
        Levels = levels;
        VisiblePairs = levels.Select(level => level.Hidden).Prepend(hiddenTokens).Sum(Visible);
    }

    public int FirstToken { get; }

    public int TokenCount { get; }

    /// <summary>Which tokens each query does not see as they are, bool [Lq, T].</summary>
    public Tensor HiddenTokens { get; }

    public IReadOnlyList<BlockLevel> Levels { get; }

    /// <summary>Tokens and summaries that queries see.</summary>
    public long VisiblePairs { get; }

    /// <summary>A scale that every query sees whole.</summary>
    public static SourceScale Sink(ScaleSchedule schedule, int queryScale, int scale, Device device) => new(
        schedule.TokenOffset(scale),
        schedule[scale].TokenCount,
        zeros(schedule[queryScale].TokenCount, schedule[scale].TokenCount, dtype: ScalarType.Bool, device: device).DetachFromDisposeScope(),
        levels: []);

    /// <summary>A scale that is cut into blocks.</summary>
    /// <param name="schedule">The scales.</param>
    /// <param name="queryScale">The scale of the queries.</param>
    /// <param name="scale">The source scale.</param>
    /// <param name="window">Side of the window, or -1 for none.</param>
    /// <param name="blocks">How it is cut.</param>
    /// <param name="device">Where attention is computed.</param>
    public static SourceScale Cut(ScaleSchedule schedule, int queryScale, int scale, int window, BlockSizes blocks, Device device)
    {
        (GridSize queries, GridSize grid) = (schedule[queryScale], schedule[scale]);
        int[] sides = [1, .. blocks.Sides(grid)];
        var rows = new AxisZones(queries.Height, grid.Height, window, sides, blocks.Reaches);
        var columns = new AxisZones(queries.Width, grid.Width, window, sides, blocks.Reaches);
        Tensor[] hidden = [.. Enumerable.Range(0, sides.Length).Select(level => Hidden(rows, columns, level, device))];
        return new(
            schedule.TokenOffset(scale), grid.TokenCount, hidden[0], [.. sides.Skip(1).Zip(hidden.Skip(1), (side, level) => new BlockLevel(grid, side, level))]);
    }

    public void Dispose()
    {
        HiddenTokens.Dispose();
        foreach (BlockLevel level in Levels)
            level.Dispose();
    }

    /// <summary>A block is seen at its level if it is not open and its parent is.</summary>
    private static Tensor Hidden(AxisZones rows, AxisZones columns, int level, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor visible = Both(rows.ParentOpen(level), columns.ParentOpen(level)) & ~Both(rows.Open(level), columns.Open(level));
        return (~visible).flatten(2).flatten(0, 1).to(device).DetachFromDisposeScope();
    }

    /// <summary>[Hq, h] and [Wq, w] to [Hq, Wq, h, w].</summary>
    private static Tensor Both(Tensor rows, Tensor columns) => rows.unsqueeze(1).unsqueeze(3) & columns.unsqueeze(0).unsqueeze(2);

    private static long Visible(Tensor hidden)
    {
        using Tensor count = (~hidden).sum();
        return count.item<long>();
    }
}
