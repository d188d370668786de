namespace VarSparse.Patterns;

/// <summary>
/// The slots of one tile grouped by a number that each query has, such as the row of blocks it lies in, as bits that fit the
/// mask words of a key. Reused from tile to tile.
/// </summary>
internal sealed class SlotGroups
{
    private const int Words = QueryTiles.MaxQueriesPerTile / 64;

    private readonly int[] _labels = new int[QueryTiles.MaxQueriesPerTile];
    private readonly ulong[] _bits = new ulong[QueryTiles.MaxQueriesPerTile * Words];

    public int Count { get; private set; }

    /// <summary>The number that the queries of a group share.</summary>
    public int Label(int group) => _labels[group];

    /// <summary>The slots of a group, <paramref name="words"/> words of them.</summary>
    public ReadOnlySpan<ulong> Slots(int group, int words) => _bits.AsSpan(group * Words, words);

    public void Build(ReadOnlySpan<int> queries, Func<int, int> labelOfQuery)
    {
        Count = 0;
        Array.Clear(_bits);
        for (int slot = 0; slot < queries.Length; slot++)
        {
            int label = labelOfQuery(queries[slot]);
            int group = _labels.AsSpan(0, Count).IndexOf(label);
            if (group < 0)
                _labels[group = Count++] = label;
            _bits[group * Words + slot / 64] |= 1UL << (slot % 64);
        }
    }
}
