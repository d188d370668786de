namespace VarSparse.Patterns;

/// <summary>Settings of <see cref="FarField"/>.</summary>
public sealed record FarFieldOptions
{
    /// <summary>
    /// Window side for each source scale of the schedule: the blocks that hold any key up to floor(window / 2) rows and columns from a
    /// query's proportional centre are seen token by token; -1 means none of that scale. Null takes -1 for all but the last five scales
    /// and 1 there, the one block that the centre lies in.
    /// </summary>
    public IReadOnlyList<int>? Windows { get; init; }

    /// <summary>
    /// Rows and columns of a block for each source scale of the schedule, at least 1. Null takes <see cref="FarField.DefaultBlockSide"/>.
    /// Those of sinks are not used.
    /// </summary>
    public IReadOnlyList<int>? BlockSides { get; init; }

    /// <summary>
    /// Where blocks grow, in blocks of <see cref="BlockSides"/> around those that a query's window touches (or, of a scale without a window,
    /// around the query's proportional place): beyond the first distance they have twice the side, beyond the second four times, and so on.
    /// At least 0, ascending; empty for blocks of one size. By default 1, 2, 4: blocks of 2, 4, 8 and 16 rows and columns.
    /// </summary>
    public IReadOnlyList<int> CoarserBeyond { get; init; } = [1, 2, 4];

    /// <summary>How many of the first scales every query sees whole and token by token, the attention sinks. At least 0.</summary>
    public int SinkScales { get; init; } = 5;

    /// <summary>The patch of queries that share a key list.</summary>
    public TileShape Tile { get; init; } = TileShape.Default;

    /// <summary>
    /// True if the blocks near to a query are those that its own window touches; false if they are those that the window of any query
    /// of its tile touches, which needs no token mask.
    /// </summary>
    public bool ExactMask { get; init; } = true;
}
