using System.Runtime.InteropServices;

namespace VarSparse.Patterns;

/// <summary>
/// A mask over blocks of consecutive queries and keys: what FlexAttention and other block-sparse kernels work on. The last row
/// and column of blocks may be smaller. Immutable.
/// </summary>
public sealed class BlockMask
{
    private readonly bool[] _kept;

    private BlockMask(int queryCount, int keyCount, int queryBlock, int keyBlock, bool[] kept)
    {
        QueryCount = queryCount;
        KeyCount = keyCount;
        QueryBlock = queryBlock;
        KeyBlock = keyBlock;
        Rows = QueryTiles.CeilingDivide(queryCount, queryBlock);
        Columns = QueryTiles.CeilingDivide(keyCount, keyBlock);
        _kept = kept;
        KeptBlocks = kept.AsSpan().Count(true);
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
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public bool this[int row, int column]
    {
        get
        {
            Require.Index(row, Rows);
            Require.Index(column, Columns);
            return _kept[row * Columns + column];
        }
    }

    /// <summary>Takes a mask of blocks as it is given.</summary>
    /// <param name="kept">True where the block is kept, [ceil(Lq / queryBlock), ceil(Lk / keyBlock)].</param>
    /// <param name="queryCount">Number of queries, at least 1.</param>
    /// <param name="keyCount">Number of keys, at least 1.</param>
    /// <param name="queryBlock">Queries of a block, at least 1.</param>
    /// <param name="keyBlock">Keys of a block, at least 1.</param>
    /// <exception cref="ArgumentException">A number is below 1, there are too many blocks for an array, or the mask has another shape.</exception>
    public static BlockMask Create(bool[,] kept, int queryCount, int keyCount, int queryBlock, int keyBlock)
    {
        ArgumentNullException.ThrowIfNull(kept);
        (int rows, int columns) = CheckSizes(queryCount, keyCount, queryBlock, keyBlock);
        if (kept.GetLength(0) != rows || kept.GetLength(1) != columns)
            throw new ArgumentException($"kept: got [{kept.GetLength(0)}, {kept.GetLength(1)}], expected [{rows}, {columns}].", nameof(kept));
        bool[] copy = MemoryMarshal.CreateReadOnlySpan(ref kept[0, 0], rows * columns).ToArray();
        return new BlockMask(queryCount, keyCount, queryBlock, keyBlock, copy);
    }

    /// <summary>Keeps each block that holds at least one visible pair of a pattern (pad, then any: as SparVAR does).</summary>
    /// <param name="pattern">The pattern; its queries are taken in their own order, not the tiles'.</param>
    /// <param name="queryBlock">Queries of a block, at least 1.</param>
    /// <param name="keyBlock">Keys of a block, at least 1.</param>
    /// <param name="batch">0-based batch entry; any number if the pattern has lists for one.</param>
    /// <param name="head">0-based head; any number if the pattern has lists for one.</param>
    /// <exception cref="ArgumentException">
    /// A block has a side below 1, there are too many blocks for an array, or there is no such batch entry or head.
    /// </exception>
    public static BlockMask FromPattern(SparsePattern pattern, int queryBlock = 128, int keyBlock = 128, int batch = 0, int head = 0)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        (int rows, int columns) = CheckSizes(pattern.QueryCount, pattern.KeyCount, queryBlock, keyBlock);
        var kept = new bool[rows * columns];
        var columnOfKey = new int[pattern.KeyCount];
        for (int key = 0; key < columnOfKey.Length; key++)
            columnOfKey[key] = key / keyBlock;
        var rowsOfTile = new SlotGroups();
        KeyLists lists = pattern.Lists;
        for (int tile = 0; tile < pattern.Tiles.TileCount; tile++)
        {
            rowsOfTile.Build(pattern.Tiles.Queries(tile), query => query / queryBlock);
            int list = pattern.ListOf(batch, head, tile);
            ReadOnlySpan<int> keys = lists.Keys(list);
            ReadOnlySpan<ulong> words = lists.MaskWords(list);
            for (int group = 0; group < rowsOfTile.Count; group++)
            {
                ReadOnlySpan<ulong> slots = rowsOfTile.Slots(group, lists.WordsPerKey);
                Span<bool> row = kept.AsSpan(rowsOfTile.Label(group) * columns, columns);
                for (int i = 0; i < keys.Length; i++)
                    row[columnOfKey[keys[i]]] |= words.IsEmpty || SeesAny(words.Slice(i * slots.Length, slots.Length), slots);
            }
        }

        return new BlockMask(pattern.QueryCount, pattern.KeyCount, queryBlock, keyBlock, kept);
    }

    /// <summary>The pattern of this mask: tiles of consecutive queries, each with the keys of its kept blocks. Equal rows share a list.</summary>
    public SparsePattern ToPattern()
    {
        // A block of many queries becomes several tiles that share the row's list.
        int tilesPerRow = QueryTiles.CeilingDivide(QueryBlock, TileShape.Default.QueryCount);
        int step = QueryTiles.CeilingDivide(QueryBlock, tilesPerRow);
        List<int[]> tiles = [];
        List<int> listOfTile = [];
        List<int> offsets = [0];
        List<int> keys = [];
        List<int> rowOfList = [];
        var stored = new EqualLists();
        for (int row = 0; row < Rows; row++)
        {
            int list = stored.FindOrAdd(rowOfList.Count, HashOf(Row(row)), other => Row(rowOfList[other]).SequenceEqual(Row(row)));
            if (list == rowOfList.Count)
            {
                rowOfList.Add(row);
                for (int column = 0; column < Columns; column++)
                {
                    if (this[row, column])
                        keys.AddRange(Enumerable.Range(column * KeyBlock, Math.Min(KeyBlock, KeyCount - column * KeyBlock)));
                }

                offsets.Add(keys.Count);
            }

            int first = row * QueryBlock;
            int count = Math.Min(QueryBlock, QueryCount - first);
            for (int start = 0; start < count; start += step)
            {
                tiles.Add([.. Enumerable.Range(first + start, Math.Min(step, count - start))]);
                listOfTile.Add(list);
            }
        }

        var lists = KeyLists.CreateTrusted(KeyCount, [.. offsets], [.. keys], maskWords: null, wordsPerKey: 0);
        return SparsePattern.CreateTrusted(QueryTiles.FromLists(QueryCount, tiles), lists, [.. listOfTile]);
    }

    private ReadOnlySpan<bool> Row(int row) => _kept.AsSpan(row * Columns, Columns);

    private static int HashOf(ReadOnlySpan<bool> row)
    {
        var hash = default(HashCode);
        hash.AddBytes(MemoryMarshal.AsBytes(row));
        return hash.ToHashCode();
    }

    private static bool SeesAny(ReadOnlySpan<ulong> words, ReadOnlySpan<ulong> slots)
    {
        ulong any = 0;
        for (int word = 0; word < words.Length; word++)
            any |= words[word] & slots[word];
        return any != 0;
    }

    private static (int Rows, int Columns) CheckSizes(int queryCount, int keyCount, int queryBlock, int keyBlock)
    {
        Require.ArraySize(queryCount);
        Require.ArraySize(keyCount);
        Require.AtLeastOne(queryBlock);
        Require.AtLeastOne(keyBlock);
        int rows = QueryTiles.CeilingDivide(queryCount, queryBlock);
        int columns = QueryTiles.CeilingDivide(keyCount, keyBlock);
        if ((long)rows * columns > Array.MaxLength)
        {
            throw new ArgumentException(
                $"queryBlock: got blocks of {queryBlock} x {keyBlock}, {rows} x {columns} of them, expected at most {Array.MaxLength} blocks.", nameof(queryBlock));
        }

        return (rows, columns);
    }
}
