using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// How the queries are grouped: each tile is a list of query indices that share one key list. A query belongs to at most one
/// tile; one that belongs to none (a pruned token) sees no key. Immutable.
/// </summary>
/// <remarks>
/// A query's place in its tile is its slot. Slots matter to speed, not to results: 64 consecutive slots share a mask word, so
/// tiles cut from a grid list their queries in 8 x 8 patches.
/// </remarks>
public sealed class QueryTiles
{
    /// <summary>The most queries a tile can hold.</summary>
    public const int MaxQueriesPerTile = 256;

    private const int PatchSide = 8;

    private readonly int[] _offsets;
    private readonly int[] _queries;
    private readonly int[] _uncovered;

    private QueryTiles(int queryCount, int[] offsets, int[] queries, string name)
    {
        QueryCount = queryCount;
        _offsets = offsets;
        _queries = queries;
        var covered = new bool[queryCount];
        for (int tile = 0; tile < TileCount; tile++)
        {
            int size = offsets[tile + 1] - offsets[tile];
            if (size is < 1 or > MaxQueriesPerTile)
                throw new ArgumentException($"{name}: tile {tile} holds {size} queries, expected 1 to {MaxQueriesPerTile}.", name);
            LargestTile = Math.Max(LargestTile, size);
        }

        foreach (int query in queries)
        {
            if ((uint)query >= (uint)queryCount)
                throw new ArgumentException($"{name}: got query index {query}, expected 0 to {queryCount - 1}.", name);
            if (covered[query])
                throw new ArgumentException($"{name}: query {query} stands in two places, expected at most one.", name);
            covered[query] = true;
        }

        _uncovered = queries.Length == queryCount ? [] : [.. Enumerable.Range(0, queryCount).Where(query => !covered[query])];
    }

    /// <summary>Number of queries, covered by a tile or not.</summary>
    public int QueryCount { get; }

    /// <summary>Number of tiles.</summary>
    public int TileCount => _offsets.Length - 1;

    /// <summary>Queries of the largest tile.</summary>
    public int LargestTile { get; }

    /// <summary>Queries that belong to no tile, ascending: their output is zero and their log-sum-exp minus infinity.</summary>
    public ReadOnlySpan<int> UncoveredQueries => _uncovered;

    /// <summary>Where each tile starts in <see cref="AllQueries"/>; one entry more than there are tiles.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    /// <summary>The query indices of all tiles, tile after tile.</summary>
    public ReadOnlySpan<int> AllQueries => _queries;

    /// <summary>The query indices of a tile in slot order.</summary>
    /// <param name="tile">0-based index of the tile.</param>
    public ReadOnlySpan<int> Queries(int tile) => _queries.AsSpan(_offsets[tile], _offsets[tile + 1] - _offsets[tile]);

    /// <summary>Cuts a grid into rectangular tiles; those at the right and bottom edges may be smaller.</summary>
    /// <param name="grid">The grid of the queries, numbered row by row.</param>
    /// <param name="shape">Rows and columns of a tile, at most 256 queries.</param>
    /// <exception cref="ArgumentException">The grid or the shape has a side below 1, or a tile would hold more than 256 queries.</exception>
    public static QueryTiles FromGrid(GridSize grid, TileShape shape)
    {
        CheckGrid(grid);
        CheckShape(shape);
        int tileRows = CeilingDivide(grid.Height, shape.Height);
        int tileColumns = CeilingDivide(grid.Width, shape.Width);
        var offsets = new int[tileRows * tileColumns + 1];
        var queries = new int[grid.TokenCount];
        int next = 0;
        for (int tile = 0; tile < tileRows * tileColumns; tile++)
        {
            (int top, int left, int height, int width) = Patch(grid, shape, tile);
            for (int patchRow = 0; patchRow < height; patchRow += PatchSide)
            {
                for (int patchColumn = 0; patchColumn < width; patchColumn += PatchSide)
                {
                    for (int row = patchRow; row < Math.Min(patchRow + PatchSide, height); row++)
                    {
                        for (int column = patchColumn; column < Math.Min(patchColumn + PatchSide, width); column++)
                            queries[next++] = (top + row) * grid.Width + left + column;
                    }
                }
            }

            offsets[tile + 1] = next;
        }

        return new QueryTiles(grid.TokenCount, offsets, queries, nameof(grid));
    }

    /// <summary>Cuts the queries into runs of consecutive indices; the last may be shorter.</summary>
    /// <param name="queryCount">Number of queries, at least 1.</param>
    /// <param name="tileSize">Queries of a tile, 1 to 256.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static QueryTiles Raster(int queryCount, int tileSize)
    {
        Require.ArraySize(queryCount);
        if (tileSize is < 1 or > MaxQueriesPerTile)
            throw new ArgumentException($"tileSize: got {tileSize}, expected 1 to {MaxQueriesPerTile}.", nameof(tileSize));
        var offsets = new int[CeilingDivide(queryCount, tileSize) + 1];
        for (int tile = 1; tile < offsets.Length; tile++)
            offsets[tile] = (int)Math.Min((long)tile * tileSize, queryCount);
        return new QueryTiles(queryCount, offsets, [.. Enumerable.Range(0, queryCount)], nameof(queryCount));
    }

    /// <summary>Takes tiles as they are given, for queries grouped by any rule.</summary>
    /// <param name="queryCount">Number of queries, covered by a tile or not; at least 1.</param>
    /// <param name="queriesOfTile">The query indices of each tile in slot order, 1 to 256 a tile, each query at most once overall.</param>
    /// <exception cref="ArgumentException">An index is out of range or stands twice, or a tile is empty or too large.</exception>
    public static QueryTiles FromLists(int queryCount, IReadOnlyList<int[]> queriesOfTile)
    {
        ArgumentNullException.ThrowIfNull(queriesOfTile);
        Require.ArraySize(queryCount);
        int[] offsets = KeyLists.OffsetsOf(queriesOfTile, nameof(queriesOfTile));
        return new QueryTiles(queryCount, offsets, [.. queriesOfTile.SelectMany(queries => queries)], nameof(queriesOfTile));
    }

    /// <summary>The rectangle of the grid that a tile of <see cref="FromGrid"/> covers.</summary>
    internal static (int Top, int Left, int Height, int Width) Patch(GridSize grid, TileShape shape, int tile)
    {
        (int tileRow, int tileColumn) = Math.DivRem(tile, CeilingDivide(grid.Width, shape.Width));
        int top = tileRow * shape.Height;
        int left = tileColumn * shape.Width;
        return (top, left, Math.Min(shape.Height, grid.Height - top), Math.Min(shape.Width, grid.Width - left));
    }

    internal static int CeilingDivide(int dividend, int divisor) => (int)(((long)dividend + divisor - 1) / divisor);

    private static void CheckGrid(GridSize grid)
    {
        if (grid.Height < 1 || grid.Width < 1 || (long)grid.Height * grid.Width >= Array.MaxLength)
            throw new ArgumentException($"grid: got {grid}, expected sides of at least 1 and at most {Array.MaxLength - 1} tokens.", nameof(grid));
    }

    internal static void CheckShape(TileShape shape)
    {
        if (shape.Height < 1 || shape.Width < 1 || (long)shape.Height * shape.Width > MaxQueriesPerTile)
            throw new ArgumentException($"shape: got {shape}, expected sides of at least 1 and at most {MaxQueriesPerTile} queries.", nameof(shape));
    }
}
