using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>How lists of a decision scale become those of a later one. The defaults are the paper's, on 2-D tiles.</summary>
public sealed record KeyMapOptions
{
    /// <summary>Where the keys go.</summary>
    public KeyAlignment Alignment { get; init; } = KeyAlignment.Relative;

    /// <summary>How many of the first scales every list holds whole, the attention sinks. At least 0.</summary>
    public int SinkScales { get; init; } = 5;

    /// <summary>
    /// Each list also holds the keys of the queries' own scale that lie in their tile or at most so many rows and columns away (along
    /// runs of queries: so many tokens away); null for none of them.
    /// </summary>
    public int? LocalMargin { get; init; }

    /// <summary>The patch of queries that share a list.</summary>
    public TileShape Tile { get; init; } = TileShape.Default;

    /// <summary>Lists are shared by runs of so many consecutive queries, 192 in the paper, instead of tiles; null for tiles.</summary>
    public int? RunLength { get; init; }

    /// <summary>A run is a tile of one row.</summary>
    internal TileShape TileShape => RunLength is { } length ? new TileShape(1, length) : Tile;

    /// <summary>The groups of a grid's queries that share a list.</summary>
    /// <param name="grid">The grid of the queries.</param>
    /// <exception cref="ArgumentException">The tile or the run is not one of 1 to 256 queries.</exception>
    public QueryTiles TilesOf(GridSize grid) => QueryTiles.FromGrid(GridOf(grid), TileShape);

    /// <summary>The grid that tiles are cut from: for runs one row of all queries.</summary>
    internal GridSize GridOf(GridSize grid) => RunLength is null ? grid : new GridSize(1, grid.TokenCount);

    /// <summary>How many tiles lie one above the other and side by side.</summary>
    internal GridSize CountTiles(GridSize grid) => new(
        QueryTiles.CeilingDivide(GridOf(grid).Height, TileShape.Height), QueryTiles.CeilingDivide(GridOf(grid).Width, TileShape.Width));

    /// <exception cref="ArgumentException">The sinks or the margin are out of range.</exception>
    internal void Check()
    {
        if (SinkScales < 0)
            throw new ArgumentException($"SinkScales: got {SinkScales}, expected at least 0.", nameof(SinkScales));
        if (LocalMargin < 0)
            throw new ArgumentException($"LocalMargin: got {LocalMargin}, expected at least 0, or null for none.", nameof(LocalMargin));
    }
}
