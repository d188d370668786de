using System.Buffers;
using System.Numerics;
using VarSparse.Geometry;

namespace VarSparse.Patterns;

/// <summary>
/// Carries the key lists of a decision scale to a later scale, or any other: each query tile takes the list of the nearest tile, each key
/// goes to the scale and cell it is aligned with, and sinks and a local band join them (SparVAR, arXiv 2602.04361, cross-scale self-similar
/// attention). Made once for two scales and used for every layer. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Tile g of n takes the list of tile round((g + 0.5) / n * m - 0.5) of m, halves to even, on 2-D tiles for rows and columns each. The same
/// lists as those of VarSparse.Kernels on the device.
/// </remarks>
public sealed class IndexMapping
{
    private const int BitsPerWord = 64;

    private readonly int[] _targets;
    private readonly int[] _decisionTiles;
    private readonly ulong[] _sinks;

    /// <summary>The local band of each tile, a bit a key; null without one.</summary>
    private readonly ulong[]? _band;

    /// <summary>Prepares the mapping between two scales.</summary>
    /// <param name="schedule">The scales of the generation.</param>
    /// <param name="decisionScale">0-based scale of the queries that lists are made for; their keys are all tokens up to and including it.</param>
    /// <param name="queryScale">0-based scale of the queries that the pattern is for, likewise.</param>
    /// <param name="options">Alignment, sinks, local band and tiles, or null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no such scale, or an option is out of range.</exception>
    public IndexMapping(ScaleSchedule schedule, int decisionScale, int queryScale, KeyMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Require.Index(decisionScale, schedule.Count);
        Require.Index(queryScale, schedule.Count);
        options ??= new KeyMapOptions();
        options.Check();
        KeyCount = schedule.TokensThrough(queryScale);
        DecisionTiles = options.TilesOf(schedule[decisionScale]);
        Tiles = options.TilesOf(schedule[queryScale]);
        _targets = Targets(schedule, decisionScale, queryScale, options.Alignment);
        _decisionTiles = NearestTiles(options.CountTiles(schedule[queryScale]), options.CountTiles(schedule[decisionScale]));
        _sinks = new ulong[QueryTiles.CeilingDivide(KeyCount, BitsPerWord)];
        int sinks = options.SinkScales == 0 ? 0 : schedule.TokensThrough(Math.Min(options.SinkScales - 1, queryScale));
        for (int key = 0; key < sinks; key++)
            Mark(_sinks, key);
        if (options.LocalMargin is { } margin)
            _band = Band(schedule.TokenOffset(queryScale), options.GridOf(schedule[queryScale]), options.TileShape, margin);
    }

    /// <summary>How the queries of the decision scale are grouped.</summary>
    public QueryTiles DecisionTiles { get; }

    /// <summary>How the queries of the pattern are grouped.</summary>
    public QueryTiles Tiles { get; }

    /// <summary>Number of keys of the pattern (Lk).</summary>
    public int KeyCount { get; }

    /// <summary>The tile of the decision scale whose list a tile takes.</summary>
    /// <param name="tile">0-based tile of <see cref="Tiles"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such tile.</exception>
    public int DecisionTile(int tile)
    {
        Require.Index(tile, _decisionTiles.Length);
        return _decisionTiles[tile];
    }

    /// <summary>The key that a key of the decision scale becomes, or -1 where there is no scale that it is aligned with.</summary>
    /// <param name="key">0-based token, up to and including the decision scale.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such key.</exception>
    public int Target(int key)
    {
        Require.Index(key, _targets.Length);
        return _targets[key];
    }

    /// <summary>Maps the lists of every batch entry and head.</summary>
    /// <param name="selection">Lists for <see cref="DecisionTiles"/>, such as <see cref="DecisionScale"/> gives, without a token mask.</param>
    /// <returns>A pattern for <see cref="Tiles"/> with lists of its own for as many batch entries and heads.</returns>
    /// <exception cref="ArgumentException">The selection is not one of the decision scale.</exception>
    public SparsePattern Map(SparsePattern selection)
    {
        Check(selection);
        int matrices = selection.BatchCount * selection.HeadCount, sources = DecisionTiles.TileCount, words = _sinks.Length;
        int listsPerMatrix = _band is null ? sources : Tiles.TileCount;
        ulong[] marked = ArrayPool<ulong>.Shared.Rent(checked(matrices * sources * words));
        try
        {
            for (int i = 0; i < matrices * sources; i++)
                MarkTargets(selection.Lists.Keys(selection.ListOfTile[i]), marked.AsSpan(i * words, words));
            var offsets = new int[matrices * listsPerMatrix + 1];
            for (int list = 0; list + 1 < offsets.Length; list++)
                offsets[list + 1] = checked(offsets[list] + CountOf(Marked(list), BandOf(list)));
            int[] keys = GC.AllocateUninitializedArray<int>(offsets[^1]);
            for (int list = 0; list + 1 < offsets.Length; list++)
                Write(Marked(list), BandOf(list), keys.AsSpan(offsets[list], offsets[list + 1] - offsets[list]));
            var lists = KeyLists.CreateTrusted(KeyCount, offsets, keys, maskWords: null, wordsPerKey: 0);
            return SparsePattern.CreateTrusted(Tiles, lists, ListOfTile(matrices), selection.BatchCount, selection.HeadCount);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(marked);
        }

        ReadOnlySpan<ulong> Marked(int list)
        {
            (int matrix, int tile) = Math.DivRem(list, listsPerMatrix);
            return marked.AsSpan((matrix * sources + (_band is null ? tile : _decisionTiles[tile])) * words, words);
        }

        ReadOnlySpan<ulong> BandOf(int list) => _band is null ? [] : _band.AsSpan(list % listsPerMatrix * words, words);
    }

    private void Check(SparsePattern selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        if (selection.HasTokenMask)
            throw new ArgumentException("selection: got a pattern with a token mask, expected one without.", nameof(selection));
        if (selection.QueryCount != DecisionTiles.QueryCount || selection.Tiles.TileCount != DecisionTiles.TileCount || selection.KeyCount != _targets.Length)
        {
            throw new ArgumentException(
                $"selection: got {selection.QueryCount} queries in {selection.Tiles.TileCount} tiles and {selection.KeyCount} keys, expected {DecisionTiles.QueryCount} in {DecisionTiles.TileCount} and {_targets.Length} as at the decision scale.",
                nameof(selection));
        }
    }

    /// <summary>Without a band, tiles with the same nearest tile share its list.</summary>
    private int[] ListOfTile(int matrices)
    {
        var lists = new int[matrices * Tiles.TileCount];
        for (int i = 0; i < lists.Length; i++)
            lists[i] = _band is null ? i / Tiles.TileCount * DecisionTiles.TileCount + _decisionTiles[i % Tiles.TileCount] : i;
        return lists;
    }

    private void MarkTargets(ReadOnlySpan<int> keys, Span<ulong> marked)
    {
        _sinks.CopyTo(marked);
        int[] targets = _targets;
        foreach (int key in keys)
        {
            int target = targets[key];
            if (target >= 0)
                Mark(marked, target);
        }
    }

    private static int CountOf(ReadOnlySpan<ulong> marked, ReadOnlySpan<ulong> band)
    {
        int count = 0;
        for (int word = 0; word < marked.Length; word++)
            count += BitOperations.PopCount(band.IsEmpty ? marked[word] : marked[word] | band[word]);
        return count;
    }

    private static void Write(ReadOnlySpan<ulong> marked, ReadOnlySpan<ulong> band, Span<int> keys)
    {
        int next = 0;
        for (int word = 0; word < marked.Length; word++)
        {
            for (ulong left = band.IsEmpty ? marked[word] : marked[word] | band[word]; left != 0; left &= left - 1)
                keys[next++] = word * BitsPerWord + BitOperations.TrailingZeroCount(left);
        }
    }

    private static void Mark(Span<ulong> words, int key) => words[key / BitsPerWord] |= 1UL << (key % BitsPerWord);

    /// <summary>Relative: scale l goes to l' = k - (S - l), cell (u, v) to (floor(u h' / h), floor(v w' / w)).</summary>
    private static int[] Targets(ScaleSchedule schedule, int decisionScale, int queryScale, KeyAlignment alignment)
    {
        var targets = new int[schedule.TokensThrough(decisionScale)];
        for (int scale = 0; scale <= decisionScale; scale++)
        {
            int target = alignment == KeyAlignment.Relative ? queryScale - (decisionScale - scale) : scale;
            bool exists = target >= 0 && target <= queryScale;
            GridSize from = schedule[scale], to = exists ? schedule[target] : from;
            for (int token = 0; token < from.TokenCount; token++)
            {
                int row = ProportionalCoordinate.Floor(token / from.Width, from.Height, to.Height);
                int column = ProportionalCoordinate.Floor(token % from.Width, from.Width, to.Width);
                targets[schedule.TokenOffset(scale) + token] = exists ? schedule.TokenOffset(target) + row * to.Width + column : -1;
            }
        }

        return targets;
    }

    private static int[] NearestTiles(GridSize tiles, GridSize decisionTiles)
    {
        var nearest = new int[tiles.TokenCount];
        for (int tile = 0; tile < nearest.Length; tile++)
        {
            long row = ProportionalCoordinate.NearestCell(tile / tiles.Width, tiles.Height, decisionTiles.Height);
            long column = ProportionalCoordinate.NearestCell(tile % tiles.Width, tiles.Width, decisionTiles.Width);
            nearest[tile] = (int)(row * decisionTiles.Width + column);
        }

        return nearest;
    }

    private ulong[] Band(int firstKey, GridSize grid, TileShape shape, int margin)
    {
        var band = new ulong[Tiles.TileCount * _sinks.Length];
        for (int tile = 0; tile < Tiles.TileCount; tile++)
        {
            Span<ulong> words = band.AsSpan(tile * _sinks.Length, _sinks.Length);
            (int top, int left, int height, int width) = QueryTiles.Patch(grid, shape, tile);
            int lastRow = (int)Math.Min(grid.Height - 1L, (long)top + height - 1 + margin);
            int lastColumn = (int)Math.Min(grid.Width - 1L, (long)left + width - 1 + margin);
            for (int row = Math.Max(0, top - margin); row <= lastRow; row++)
            {
                for (int column = Math.Max(0, left - margin); column <= lastColumn; column++)
                    Mark(words, firstKey + row * grid.Width + column);
            }
        }

        return band;
    }
}
