namespace VarSparse.Patterns;

/// <summary>Which tiles become one when queries are left out: neighbours, as far as they fit into one of the largest tile's size.</summary>
internal static class TileJoining
{
    /// <summary>Consecutive tiles with any query left, as many as fit into the largest tile's size.</summary>
    /// <param name="tiles">The tiles of all queries.</param>
    /// <param name="newQuery">The new index of each query, or -1 for those that are left out.</param>
    public static List<TileGroup> Join(QueryTiles tiles, ReadOnlySpan<int> newQuery)
    {
        List<TileGroup> groups = [];
        for (int tile = 0; tile < tiles.TileCount; tile++)
        {
            int left = 0;
            foreach (int query in tiles.Queries(tile))
                left += newQuery[query] >= 0 ? 1 : 0;
            if (left == 0)
                continue;
            if (groups.Count == 0 || groups[^1].QueryCount + left > tiles.LargestTile)
                groups.Add(new TileGroup());
            groups[^1].Tiles.Add(tile);
            groups[^1].QueryCount += left;
        }

        return groups;
    }

    /// <summary>The tiles of the queries that are left, by their new indices.</summary>
    public static QueryTiles Tiles(QueryTiles tiles, List<TileGroup> groups, ReadOnlySpan<int> newQuery, int queryCount)
    {
        var queriesOfGroup = new int[groups.Count][];
        for (int group = 0; group < groups.Count; group++)
            queriesOfGroup[group] = QueriesOf(groups[group], tiles, newQuery);
        return QueryTiles.FromLists(queryCount, queriesOfGroup);
    }

    private static int[] QueriesOf(TileGroup group, QueryTiles tiles, ReadOnlySpan<int> newQuery)
    {
        var queries = new int[group.QueryCount];
        int next = 0;
        foreach (int tile in group.Tiles)
        {
            foreach (int query in tiles.Queries(tile))
            {
                if (newQuery[query] >= 0)
                    queries[next++] = newQuery[query];
            }
        }

        return queries;
    }
}
