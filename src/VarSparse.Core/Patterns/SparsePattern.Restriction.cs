namespace VarSparse.Patterns;

public sealed partial class SparsePattern
{
    /// <summary>
    /// The same pattern for some of the queries and keys only: rows and columns selected from <see cref="ToDenseMask"/>. A query sees of
    /// the keys that are left what it saw before, which is its whole tile's list if the pattern has no token mask.
    /// </summary>
    /// <remarks>
    /// Tiles that lost queries are joined with their neighbours as far as they fit into one of the largest tile's size, so that kernels do
    /// not run half-empty; a token mask keeps the result exact. It takes a fraction of a millisecond for a thousand queries.
    /// </remarks>
    /// <param name="queries">Queries to keep, ascending, at least one; the i-th becomes query i. Null keeps all.</param>
    /// <param name="keys">Keys to keep, ascending, at least one; the i-th becomes key i. Null keeps all.</param>
    /// <exception cref="ArgumentException">A list is empty, not ascending or has an index out of range.</exception>
    public SparsePattern Restrict(int[]? queries, int[]? keys = null)
    {
        if (queries is null && keys is null)
            return this;
        int[] newQuery = NewIndices(queries, QueryCount, nameof(queries));
        int[] newKey = NewIndices(keys, KeyCount, nameof(keys));
        List<TileGroup> groups = TileJoining.Join(Tiles, newQuery);
        QueryTiles tiles = TileJoining.Tiles(Tiles, groups, newQuery, queries?.Length ?? QueryCount);
        bool isMasked = HasTokenMask || groups.Exists(group => !SeesOneList(group));
        var restriction = new ListRestriction(this, newQuery, newKey, keys?.Length ?? KeyCount, isMasked ? TileMaskBuilder.WordsFor(tiles) : 0);
        var listOfTile = new int[(long)groups.Count * BatchCount * HeadCount];
        for (int i = 0; i < listOfTile.Length; i++)
        {
            (int matrix, int group) = Math.DivRem(i, groups.Count);
            listOfTile[i] = isMasked
                ? restriction.Masked(groups[group].Tiles, _listOfTile.AsSpan(matrix * Tiles.TileCount, Tiles.TileCount))
                : restriction.Whole(_listOfTile[matrix * Tiles.TileCount + groups[group].Tiles[0]]);
        }

        float[]? bias = _keyBias is null || keys is null ? _keyBias : Array.ConvertAll(keys, key => _keyBias[key]);
        return new SparsePattern(tiles, restriction.Build(), listOfTile, BatchCount, HeadCount, bias);
    }

    /// <summary>For each old index the new one, or -1 if it is not kept.</summary>
    internal static int[] NewIndices(int[]? kept, int count, string name)
    {
        var indices = new int[count];
        if (kept is null)
        {
            for (int i = 0; i < count; i++)
                indices[i] = i;
            return indices;
        }

        if (kept.Length == 0)
            throw new ArgumentException($"{name}: got none, expected at least one.", name);
        Array.Fill(indices, -1);
        for (int i = 0; i < kept.Length; i++)
        {
            Require.Index(kept[i], count, name);
            if (i > 0 && kept[i] <= kept[i - 1])
                throw new ArgumentException($"{name}: got {kept[i]} after {kept[i - 1]}, expected ascending indices without duplicates.", name);
            indices[kept[i]] = i;
        }

        return indices;
    }

    /// <summary>True if, for every batch entry and head, the tiles of a group use the same list.</summary>
    private bool SeesOneList(TileGroup group)
    {
        for (int start = 0; start < _listOfTile.Length; start += Tiles.TileCount)
        {
            foreach (int tile in group.Tiles)
            {
                if (_listOfTile[start + tile] != _listOfTile[start + group.Tiles[0]])
                    return false;
            }
        }

        return true;
    }
}
