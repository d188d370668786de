namespace VarSparse.Patterns;

/// <summary>Settings of <see cref="FarField"/>.</summary>
public sealed record FarFieldOptions
{
    /// <summary>
    /// Window side for each source scale of the schedule: the blocks that hold any key up to floor(window / 2) rows and columns from a
    /// query's proportional centre are seen token by token; -1 means none of that scale. Null takes <see cref="LastWindows"/>.
    /// </summary>
    public IReadOnlyList<int>? Windows { get; init; }

    /// <summary>
    /// Where <see cref="Windows"/> is null, the windows of the schedule's last scales; those before have none. By default 1 on the last five, the
    /// one block that the centre lies in; 1, 1, 3, 5, 7, the windows of <see cref="CrossScaleLocal"/>, keep some tenths of a decibel more for half as
    /// many keys again.
    /// </summary>
    public IReadOnlyList<int> LastWindows { get; init; } = [1, 1, 1, 1, 1];

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
