using System.Collections;

namespace VarSparse.Patterns;

/// <summary>
/// A mask over blocks of consecutive queries and keys: what FlexAttention and other block-sparse kernels work on. The last row
/// and column of blocks may be smaller. Immutable.
/// </summary>
public sealed class BlockMask
{
    private readonly BitArray _kept;

    private BlockMask(int queryCount, int keyCount, int queryBlock, int keyBlock, BitArray kept)
    {
        QueryCount = queryCount;
        KeyCount = keyCount;
        QueryBlock = queryBlock;
        KeyBlock = keyBlock;
        Rows = QueryTiles.CeilingDivide(queryCount, queryBlock);
        Columns = QueryTiles.CeilingDivide(keyCount, keyBlock);
        _kept = kept;
        for (int i = 0; i < kept.Length; i++)
            KeptBlocks += kept[i] ? 1 : 0;
    }

    /// <summary>Number of queries.</summary>
    public int QueryCount { get; }

    /// <summary>Number of keys.</summary>
    public int KeyCount { get; }

    /// <summary>Queries of a block.</summary>
    public int QueryBlock { get; }

    /// <summary>Keys of a block.</summary>
    public int KeyBlock { get; }

    /// <summary>Rows of blocks.</summary>
    public int Rows { get; }

    /// <summary>Columns of blocks.</summary>
    public int Columns { get; }

    /// <summary>Number of kept blocks.</summary>
    public int KeptBlocks { get; }

    /// <summary>Number of blocks, kept or not.</summary>
    public int BlockCount => Rows * Columns;

    /// <summary>
    /// Share of the matrix that is skipped: 1 - kept blocks x block area / (Lq x Lk). Kept blocks count whole, also where they
    /// reach over the edge, as the published figures do.
    /// </summary>
    public double Sparsity => 1 - (double)KeptBlocks * QueryBlock * KeyBlock / ((double)QueryCount * KeyCount);

    /// <summary>True if the block is kept.</summary>
    /// <param name="row">0-based row of blocks.</param>
    /// <param name="column">0-based column of blocks.</param>
    public bool this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
            return _kept[row * Columns + column];
        }
    }

    /// <summary>Takes a mask of blocks as it is given.</summary>
    /// <param name="kept">True where the block is kept, [ceil(Lq / queryBlock), ceil(Lk / keyBlock)].</param>
    /// <param name="queryCount">Number of queries, at least 1.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="queryBlock">Queries of a block, at least 1.</param>
    /// <param name="keyBlock">Keys of a block, at least 1.</param>
    /// <exception cref="ArgumentException">A number is below 1 or the mask has another shape.</exception>
    public static BlockMask Create(bool[,] kept, int queryCount, int keyCount, int queryBlock, int keyBlock)
    {
        ArgumentNullException.ThrowIfNull(kept);
        CheckSizes(queryCount, keyCount, queryBlock, keyBlock);
        int rows = QueryTiles.CeilingDivide(queryCount, queryBlock);
        int columns = QueryTiles.CeilingDivide(keyCount, keyBlock);
        if (kept.GetLength(0) != rows || kept.GetLength(1) != columns)
            throw new ArgumentException($"kept: got [{kept.GetLength(0)}, {kept.GetLength(1)}], expected [{rows}, {columns}].", nameof(kept));
        var bits = new BitArray(rows * columns);
        for (int i = 0; i < bits.Length; i++)
            bits[i] = kept[i / columns, i % columns];
        return new BlockMask(queryCount, keyCount, queryBlock, keyBlock, bits);
    }

    /// <summary>Keeps each block that holds at least one visible pair of a pattern (pad, then any: as SparVAR does).</summary>
    /// <param name="pattern">The pattern; its queries are taken in their own order, not the tiles'.</param>
    /// <param name="queryBlock">Queries of a block, at least 1.</param>
    /// <param name="keyBlock">Keys of a block, at least 1.</param>
    /// <param name="batch">0-based batch entry.</param>
    /// <param name="head">0-based head.</param>
    /// <exception cref="ArgumentException">A block has a side below 1.</exception>
    public static BlockMask FromPattern(SparsePattern pattern, int queryBlock = 128, int keyBlock = 128, int batch = 0, int head = 0)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        CheckSizes(pattern.QueryCount, pattern.KeyCount, queryBlock, keyBlock);
        bool[,] mask = pattern.ToDenseMask(batch, head);
        int columns = QueryTiles.CeilingDivide(pattern.KeyCount, keyBlock);
        var bits = new BitArray(QueryTiles.CeilingDivide(pattern.QueryCount, queryBlock) * columns);
        for (int query = 0; query < pattern.QueryCount; query++)
        {
            for (int key = 0; key < pattern.KeyCount; key++)
            {
                if (mask[query, key])
                    bits[query / queryBlock * columns + key / keyBlock] = true;
            }
        }

        return new BlockMask(pattern.QueryCount, pattern.KeyCount, queryBlock, keyBlock, bits);
    }

    /// <summary>The pattern of this mask: tiles of consecutive queries, each with the keys of its kept blocks.</summary>
    public SparsePattern ToPattern()
    {
        // A block of many queries becomes several tiles that share the row's list.
        int tilesPerRow = QueryTiles.CeilingDivide(QueryBlock, TileShape.Default.QueryCount);
        List<int[]> tiles = [];
        List<int> listOfTile = [];
        var offsets = new int[Rows + 1];
        List<int> keys = [];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                if (this[row, column])
                    keys.AddRange(Enumerable.Range(column * KeyBlock, Math.Min(KeyBlock, KeyCount - column * KeyBlock)));
            }

            offsets[row + 1] = keys.Count;
            int first = row * QueryBlock;
            int end = Math.Min(first + QueryBlock, QueryCount);
            int step = QueryTiles.CeilingDivide(QueryBlock, tilesPerRow);
            for (int query = first; query < end; query += step)
            {
                tiles.Add([.. Enumerable.Range(query, Math.Min(step, end - query))]);
                listOfTile.Add(row);
            }
        }

        var lists = KeyLists.CreateTrusted(KeyCount, offsets, [.. keys], maskWords: null, wordsPerKey: 0);
        return SparsePattern.CreateTrusted(QueryTiles.FromLists(QueryCount, tiles), lists, [.. listOfTile]);
    }

    private static void CheckSizes(int queryCount, int keyCount, int queryBlock, int keyBlock)
    {
        CheckPositive(queryCount, nameof(queryCount));
        CheckPositive(keyCount, nameof(keyCount));
        CheckPositive(queryBlock, nameof(queryBlock));
        CheckPositive(keyBlock, nameof(keyBlock));
    }

    private static void CheckPositive(int value, string name)
    {
        if (value < 1)
            throw new ArgumentException($"{name}: got {value}, expected at least 1.", name);
    }
}
