namespace VarSparse.Patterns;

/// <summary>Settings of <see cref="CrossScaleLocal"/>. The defaults are the paper's, with 2-D tiles and the exact token mask.</summary>
public sealed record CrossScaleLocalOptions
{
    /// <summary>
    /// Window side for each source scale of the schedule: a query sees keys up to floor(window / 2) rows and columns from its
    /// proportional centre; -1 means nothing of that scale. Null takes -1 for all but the last five scales and 1, 1, 3, 5, 7 there.
    /// </summary>
    public IReadOnlyList<int>? Windows { get; init; }

    /// <summary>How many of the first scales every query sees whole, the attention sinks. At least 0.</summary>
    public int SinkScales { get; init; } = 5;

    /// <summary>The patch of queries that share a key list.</summary>
    public TileShape Tile { get; init; } = TileShape.Default;

    /// <summary>True if each query sees exactly its own window; false if it sees what any query of its tile sees.</summary>
    public bool ExactMask { get; init; } = true;
}
